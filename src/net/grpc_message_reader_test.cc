// SPDX-License-Identifier: Apache-2.0
#include "net/grpc_message_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

namespace trireme::net {
namespace {

using testing::ElementsAre;

std::span<const std::byte> Bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

std::string Framed(std::string_view message) {
  const auto prefix = GrpcPrefix(false, static_cast<uint32_t>(message.size()));
  return std::string(prefix.data(), prefix.size()) + std::string(message);
}

std::string Numbered(size_t bytes) {
  std::string text(bytes, '\0');
  std::iota(text.begin(), text.end(), '\0');
  return text;
}

// All messages in `bytes`, shown `at_most` at a time.
std::vector<BodyBuffer> ReadAll(GrpcMessageReader& reader, std::string_view bytes, size_t at_most) {
  std::vector<BodyBuffer> messages;
  while (!bytes.empty()) {
    auto piece = Bytes(bytes.substr(0, at_most));
    bytes.remove_prefix(piece.size());
    while (reader.Read(piece) == GrpcMessageReader::Event::kMessage) messages.push_back(reader.Take());
  }
  return messages;
}

std::vector<std::string> Texts(const std::vector<BodyBuffer>& messages) {
  std::vector<std::string> texts;
  for (const BodyBuffer& message : messages) {
    texts.emplace_back(reinterpret_cast<const char*>(message.bytes().data()), message.size());
  }
  return texts;
}

TEST(GrpcMessageReader, ReadsMessagesHoweverTheyAreCut) {
  MemoryPool pool;
  const std::string bytes = Framed("one") + Framed("") + Framed(Numbered(10'000));
  for (const size_t at_most : {1, 2, 5, 7, 4096, 9000, 100'000}) {
    GrpcMessageReader reader(pool, 1 << 20, nullptr);
    EXPECT_THAT(Texts(ReadAll(reader, bytes, at_most)), ElementsAre("one", "", Numbered(10'000)));
    EXPECT_TRUE(reader.between_messages());
    EXPECT_EQ(reader.bytes_held(), 0U);
  }
}

TEST(GrpcMessageReader, PlacesMessagesSoThatTheirTensorsAreAligned) {
  MemoryPool pool;
  // The first byte of the message says where its tensors begin.
  const auto align_at = [](std::span<const std::byte> beginning) { return std::to_integer<size_t>(beginning.front()); };
  for (const size_t size : {size_t{100}, size_t{4096}, size_t{50'000}, size_t{3} << 20}) {
    std::string message = Numbered(size);
    message[0] = 37;
    for (const size_t at_most : {3, 4000, 16'384, 4'000'000}) {
      GrpcMessageReader reader(pool, 64 << 20, align_at);
      const std::vector<BodyBuffer> messages = ReadAll(reader, Framed(message), at_most);
      ASSERT_EQ(Texts(messages), std::vector{message});
      EXPECT_EQ(reinterpret_cast<uintptr_t>(messages[0].bytes().data() + 37) % MemoryPool::kAlignment, 0U);
    }
  }
}

TEST(GrpcMessageReader, AsksForTheAlignmentWithEnoughOfTheBeginning) {
  MemoryPool pool;
  static size_t seen;
  seen = 0;
  GrpcMessageReader reader(pool, 1 << 20, [](std::span<const std::byte> beginning) {
    seen = beginning.size();
    return size_t{0};
  });
  ReadAll(reader, Framed(Numbered(10'000)), 10);
  EXPECT_GE(seen, 4096U);
  ReadAll(reader, Framed(Numbered(33)), 10);
  EXPECT_EQ(seen, 33U);
}

TEST(GrpcMessageReader, RefusesWhatIsTooLargeBeforeItComes) {
  MemoryPool pool;
  GrpcMessageReader reader(pool, 1000, nullptr);
  const auto prefix = GrpcPrefix(false, 1001);
  std::span<const std::byte> bytes = std::as_bytes(std::span(prefix));
  EXPECT_EQ(reader.Read(bytes), GrpcMessageReader::Event::kFailed);
  EXPECT_EQ(reader.error().code, GrpcCode::kResourceExhausted);
  EXPECT_EQ(reader.error().message,
            "message: expected at most 1000 bytes (--http-max-input-size, --max-body-in-flight or half of --budget), "
            "got 1001");
}

TEST(GrpcMessageReader, RefusesBytesThatAreNoMessage) {
  MemoryPool pool;
  GrpcMessageReader reader(pool, 1000, nullptr);
  auto bytes = Bytes("GET / HTTP");
  EXPECT_EQ(reader.Read(bytes), GrpcMessageReader::Event::kFailed);
  EXPECT_EQ(reader.error().code, GrpcCode::kInvalidArgument);
}

TEST(GrpcMessageReader, TakesMemoryAsBytesCome) {
  MemoryPool pool({.max_idle_bytes = SIZE_MAX});
  {
    GrpcMessageReader reader(pool, uint64_t{1} << 32, nullptr);
    const auto prefix = GrpcPrefix(false, 60 << 20);
    std::span<const std::byte> bytes = std::as_bytes(std::span(prefix));
    EXPECT_EQ(reader.Read(bytes), GrpcMessageReader::Event::kNeedsMore);
    EXPECT_EQ(reader.bytes_held(), 0U);
    bytes = Bytes("the beginning");
    EXPECT_EQ(reader.Read(bytes), GrpcMessageReader::Event::kNeedsMore);
    EXPECT_EQ(reader.bytes_held(), 13U);
  }
  EXPECT_LE(pool.idle_bytes(), size_t{4} << 20);
}

TEST(GrpcMessageReader, LargeMessagesGrowWhole) {
  MemoryPool pool;
  const std::string message = Numbered(size_t{80} << 20);
  GrpcMessageReader reader(pool, uint64_t{1} << 32, [](std::span<const std::byte>) { return size_t{5}; });
  const std::vector<BodyBuffer> messages = ReadAll(reader, Framed(message), 100'000);
  ASSERT_EQ(messages.size(), 1U);
  ASSERT_EQ(messages[0].size(), message.size());
  EXPECT_EQ(std::memcmp(messages[0].bytes().data(), message.data(), message.size()), 0);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(messages[0].bytes().data() + 5) % MemoryPool::kAlignment, 0U);
}

TEST(GrpcMessageReader, HoldsNothingOfAPrefixAlone) {
  MemoryPool pool;
  GrpcMessageReader reader(pool, 1000, nullptr);
  EXPECT_EQ(ReadAll(reader, Framed("abc") + std::string(3, '\0'), 100).size(), 1U);
  EXPECT_FALSE(reader.between_messages());
  EXPECT_EQ(reader.bytes_held(), 0U);
  EXPECT_EQ(reader.Incomplete().message, "message: expected 5 bytes of prefix, got 3 and the end of the stream");
}

}  // namespace
}  // namespace trireme::net
