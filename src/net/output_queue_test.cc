// SPDX-License-Identifier: Apache-2.0
#include "net/output_queue.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <memory>
#include <string>

#include "net/file_descriptor.h"

namespace trireme::net {
namespace {

class OutputQueueTest : public testing::Test {
 protected:
  OutputQueueTest() {
    std::array<int, 2> ends{};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
    ours_ = std::make_unique<PlainTransport>(FileDescriptor(ends[0]));
    theirs_ = FileDescriptor(ends[1]);
  }

  std::string Receive() {
    std::string received(1 << 20, '\0');
    const ssize_t got = recv(theirs_.get(), received.data(), received.size(), MSG_DONTWAIT);
    received.resize(got > 0 ? static_cast<size_t>(got) : 0);
    return received;
  }

  OutputQueue::Sent Send() { return queue_.SendTo(*ours_, sent_); }

  std::unique_ptr<PlainTransport> ours_;
  FileDescriptor theirs_;
  OutputQueue queue_;
  size_t sent_ = 0;
};

BodyPart PartOf(std::string text) {
  const auto bytes = std::make_shared<const std::string>(std::move(text));
  return {.bytes = std::as_bytes(std::span(*bytes)), .keep_alive = bytes};
}

TEST_F(OutputQueueTest, SendsPiecesInOrder) {
  queue_.Append(std::string_view("a"));
  queue_.Append(std::string("b"));
  queue_.Append(PartOf("c"));
  queue_.Append(std::string(5000, 'd'));
  queue_.Append(std::string_view("e"));
  queue_.Append(PartOf(""));
  EXPECT_EQ(queue_.bytes(), 5004u);
  EXPECT_EQ(Send(), OutputQueue::Sent::kAll);
  EXPECT_EQ(Receive(), "abc" + std::string(5000, 'd') + "e");
  EXPECT_EQ(sent_, 5004u);
  EXPECT_TRUE(queue_.empty());
}

TEST_F(OutputQueueTest, GoesOnWhereTheSocketStopped) {
  std::string expected;
  for (int i = 0; i < 300; ++i) {
    const std::string piece(5000, static_cast<char>('a' + i % 26));
    expected += piece + "|";
    queue_.Append(PartOf(piece));
    queue_.Append(std::string_view("|"));
  }
  std::string received;
  OutputQueue::Sent result = Send();
  EXPECT_EQ(result, OutputQueue::Sent::kSome);
  while (result == OutputQueue::Sent::kSome) {
    received += Receive();
    result = Send();
  }
  EXPECT_EQ(result, OutputQueue::Sent::kAll);
  for (std::string more = Receive(); !more.empty(); more = Receive()) received += more;
  EXPECT_EQ(received, expected);
}

TEST_F(OutputQueueTest, LetsGoOfAPartWhenItIsSent) {
  const auto bytes = std::make_shared<const std::string>(8, 'x');
  queue_.Append({.bytes = std::as_bytes(std::span(*bytes)), .keep_alive = bytes});
  EXPECT_EQ(bytes.use_count(), 2);
  Send();
  EXPECT_EQ(bytes.use_count(), 1);
}

TEST_F(OutputQueueTest, SaysThatThePeerIsGone) {
  theirs_.Close();
  queue_.Append(std::string_view("a"));
  EXPECT_EQ(Send(), OutputQueue::Sent::kBroken);
}

}  // namespace
}  // namespace trireme::net
