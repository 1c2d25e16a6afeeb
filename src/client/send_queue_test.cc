// SPDX-License-Identifier: Apache-2.0
#include "client/send_queue.h"

#include <gtest/gtest.h>

#include <string>

namespace trireme::client {
namespace {

std::string Joined(SendQueue& queue) {
  std::string text;
  for (const iovec& piece : queue.Pieces()) text.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
  return text;
}

TEST(SendQueueTest, JoinsWhatIsSmallAndOnlyLooksAtWhatIsLarge) {
  const std::string large(SendQueue::kCopiedBytes, 'x');
  SendQueue queue;
  queue.Copy("ab");
  queue.Add("cd");
  queue.Add(large);
  queue.Copy("ef");
  ASSERT_EQ(queue.Pieces().size(), 3u);
  EXPECT_EQ(queue.Pieces()[1].iov_base, large.data());
  EXPECT_EQ(Joined(queue), "abcd" + large + "ef");
}

TEST(SendQueueTest, GoesOnBehindWhatWasTaken) {
  const std::string large(SendQueue::kCopiedBytes, 'x');
  std::string expected = "ab" + large + "cd";
  SendQueue queue;
  queue.Copy("ab");
  queue.Add(large);
  queue.Copy("cd");
  for (const size_t taken : {1u, 2u, 2000u, 48u}) {
    queue.Remove(taken);
    expected.erase(0, taken);
    EXPECT_EQ(Joined(queue), expected);
  }
  queue.Remove(queue.bytes());
  EXPECT_TRUE(queue.empty());
  queue.Copy("g");
  EXPECT_EQ(Joined(queue), "g");
}

}  // namespace
}  // namespace trireme::client
