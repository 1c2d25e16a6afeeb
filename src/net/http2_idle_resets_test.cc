// SPDX-License-Identifier: Apache-2.0
#include "net/http2_idle_resets.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace trireme::net {
namespace {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr int kData = 0;
constexpr int kHeaders = 1;
constexpr int kReset = 3;
constexpr int kSettings = 4;

std::string Frame(int type, uint32_t stream, std::string_view payload) {
  std::string frame;
  const auto add = [&](uint64_t number, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) frame.push_back(static_cast<char>(number >> (8 * i)));
  };
  add(payload.size(), 3);
  add(static_cast<uint64_t>(type), 1);
  add(0, 1);
  add(stream, 4);
  return frame.append(payload);
}

struct Passed {
  std::string bytes;
  int dropped = 0;
};

// What comes through of `bytes`, shown `at_most` at a time.
Passed Pass(std::string_view bytes, size_t at_most) {
  Http2IdleResets resets;
  Passed passed;
  while (!bytes.empty()) {
    std::span<const char> piece = bytes.substr(0, at_most);
    bytes.remove_prefix(piece.size());
    while (!piece.empty()) {
      const Http2IdleResets::Step step = resets.Next(piece);
      passed.bytes.append(step.piece.data(), step.piece.size());
      passed.dropped += step.dropped ? 1 : 0;
    }
  }
  return passed;
}

TEST(Http2IdleResets, AreTakenOutHoweverBytesAreCut) {
  const std::string reset(4, '\0');
  const std::string before = std::string(kPreface) + Frame(kSettings, 0, "") + Frame(kHeaders, 5, "head");
  const std::string between =
      Frame(kReset, 5, reset) + Frame(kReset, 3, reset) + Frame(kData, 5, std::string(300, 'x'));
  const std::string after = Frame(kHeaders, 11, "head") + Frame(kReset, 11, reset);
  const std::string bytes =
      before + Frame(kReset, 7, reset) + between + Frame(kReset, 9, reset) + Frame(kReset, 11, reset) + after;
  for (size_t at_most = 1; at_most <= bytes.size(); ++at_most) {
    const Passed passed = Pass(bytes, at_most);
    EXPECT_EQ(passed.bytes, before + between + after) << at_most;
    EXPECT_EQ(passed.dropped, 3);
  }
}

TEST(Http2IdleResets, WhatIsWrongInAnotherWayPasses) {
  const std::string bytes = std::string(kPreface) + Frame(kReset, 0, "1234") + Frame(kReset, 2, "1234") +
                            Frame(kReset, 7, "123") + Frame(kReset, 7, "12345") + Frame(kData, 9, "idle");
  EXPECT_EQ(Pass(bytes, 1000).bytes, bytes);
  EXPECT_EQ(Pass(bytes, 1000).dropped, 0);
}

TEST(Http2IdleResets, ThePrefaceIsNoFrame) {
  const std::string other = "GET / HTTP/1.1\r\nHost: x\r\n\r\n" + std::string(50, '\3');
  const Passed passed = Pass(other, 7);
  EXPECT_TRUE(other.starts_with(passed.bytes));
  EXPECT_GE(passed.bytes.size(), kPreface.size());
}

}  // namespace
}  // namespace trireme::net
