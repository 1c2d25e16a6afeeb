// SPDX-License-Identifier: Apache-2.0
#include "net/input_buffer.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

namespace trireme::net {
namespace {

void Fill(InputBuffer& input, std::string_view bytes) {
  const std::span<char> room = input.Room(bytes.size());
  std::memcpy(room.data(), bytes.data(), bytes.size());
  input.Filled(bytes.size());
}

TEST(InputBuffer, HoldsNoBlockWhileNothingIsUnread) {
  MemoryPool pool;
  InputBuffer input(pool, "peer");
  EXPECT_EQ(input.storage(), nullptr);
  Fill(input, "abc");
  input.ReleaseIfEmpty();
  EXPECT_EQ(input.unread(), "abc");
  input.Consume(3);
  input.ReleaseIfEmpty();
  EXPECT_EQ(input.storage(), nullptr);
  EXPECT_EQ(pool.idle_bytes(), InputBuffer::kBlockBytes);
}

TEST(InputBuffer, NeverMovesNorOverwritesWhatIsKept) {
  MemoryPool pool;
  InputBuffer input(pool, "peer");
  Fill(input, std::string(10'000, 'k'));
  const std::string_view kept = input.unread();
  const auto storage = input.storage();
  input.Consume(kept.size());
  input.Keep();
  for (int i = 0; i < 10; ++i) {
    Fill(input, std::string(5000, 'x'));
    input.Consume(5000);
  }
  EXPECT_EQ(kept, std::string(10'000, 'k'));
}

TEST(InputBuffer, UsesWhatWasConsumedAgainIfNobodyKeepsIt) {
  MemoryPool pool;
  InputBuffer input(pool, "peer");
  Fill(input, "head");
  input.Consume(4);
  input.Keep();
  const auto storage = input.storage();
  for (int i = 0; i < 100; ++i) {
    Fill(input, std::string(1000, 'x'));
    input.Consume(999);
    EXPECT_EQ(input.unread(), "x");
    input.Consume(1);
  }
  EXPECT_EQ(input.storage(), storage);
}

TEST(InputBuffer, CarriesUnreadBytesAndTheLabelToALargerBlock) {
  MemoryPool pool;
  InputBuffer input(pool, "peer");
  Fill(input, std::string(InputBuffer::kBlockBytes - 100, 'a'));
  Fill(input, "bcd" + std::string(1000, 'e'));
  EXPECT_EQ(input.unread(), std::string(InputBuffer::kBlockBytes - 100, 'a') + "bcd" + std::string(1000, 'e'));
  EXPECT_EQ(input.label(), "peer");
}

}  // namespace
}  // namespace trireme::net
