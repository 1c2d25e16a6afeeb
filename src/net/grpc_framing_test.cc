// SPDX-License-Identifier: Apache-2.0
#include "net/grpc_framing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace trireme::net {
namespace {

using testing::ElementsAre;

std::string Framed(std::string_view message, bool compressed = false) {
  const auto prefix = GrpcPrefix(compressed, static_cast<uint32_t>(message.size()));
  return std::string(prefix.data(), prefix.size()) + std::string(message);
}

// Every message found in `bytes`, shown `at_most` at a time; "z:" before one that is compressed.
std::vector<std::string> MessagesIn(std::string_view bytes, size_t at_most, GrpcFraming& framing) {
  std::vector<std::string> messages;
  std::string message;
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, at_most);
    bytes.remove_prefix(piece.size());
    auto rest = std::as_bytes(std::span(piece));
    std::span<const std::byte> data;
    GrpcFraming::Step step{};
    while ((step = framing.Next(rest, data)) != GrpcFraming::Step::kNeedsMore) {
      if (step == GrpcFraming::Step::kFailed) {
        messages.push_back(framing.error());
        return messages;
      }
      if (step == GrpcFraming::Step::kMessage) message = framing.compressed() ? "z:" : "";
      if (step == GrpcFraming::Step::kData) message.append(reinterpret_cast<const char*>(data.data()), data.size());
      if (step == GrpcFraming::Step::kEnd) messages.push_back(message);
    }
    EXPECT_TRUE(rest.empty());
  }
  return messages;
}

TEST(GrpcFraming, FindsMessagesHoweverTheyAreCut) {
  const std::string bytes = Framed("one") + Framed("") + Framed("three", true) + Framed(std::string(300, 'x'));
  for (size_t at_most = 1; at_most <= bytes.size(); ++at_most) {
    GrpcFraming framing;
    EXPECT_THAT(MessagesIn(bytes, at_most, framing), ElementsAre("one", "", "z:three", std::string(300, 'x')));
    EXPECT_TRUE(framing.between_messages());
  }
}

TEST(GrpcFraming, SaysWhatIsMissing) {
  GrpcFraming framing;
  MessagesIn(std::string_view("\0\0", 2), 2, framing);
  EXPECT_FALSE(framing.between_messages());
  EXPECT_EQ(framing.Incomplete(), "message: expected 5 bytes of prefix, got 2 and the end of the stream");
  MessagesIn(std::string_view("\0\0\x07ver", 6), 6, framing);
  EXPECT_EQ(framing.Incomplete(), "message: expected 7 bytes as its prefix says, got 3 and the end of the stream");
}

TEST(GrpcFraming, RefusesFlagsThatItDoesNotKnow) {
  GrpcFraming framing;
  EXPECT_THAT(MessagesIn(Framed("a") + "\x02", 3, framing),
              ElementsAre("a", "message prefix: expected 0 or 1 (compressed) as its first byte, got 2"));
}

TEST(GrpcFraming, LengthsAreUnsigned) {
  GrpcFraming framing;
  std::span<const std::byte> data;
  const auto prefix = GrpcPrefix(false, UINT32_MAX);
  std::span<const std::byte> bytes = std::as_bytes(std::span(prefix));
  EXPECT_EQ(framing.Next(bytes, data), GrpcFraming::Step::kMessage);
  EXPECT_EQ(framing.length(), UINT32_MAX);
  EXPECT_EQ(framing.missing(), UINT32_MAX);
}

}  // namespace
}  // namespace trireme::net
