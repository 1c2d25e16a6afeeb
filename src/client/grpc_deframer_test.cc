// SPDX-License-Identifier: Apache-2.0
#include "client/grpc_deframer.h"

#include <gtest/gtest.h>

#include <string>

namespace trireme::client {
namespace {

using Event = GrpcDeframer::Event;
using namespace std::string_literals;

TEST(GrpcDeframerTest, ReadsMessagesByteByByte) {
  GrpcDeframer deframer(100, 100);
  std::string seen;
  for (const char& byte : "\0\0\0\0\3abc\0\0\0\0\0\0\0\0\0\2de"s) {
    std::string_view input(&byte, 1);
    if (deframer.Next(input) == Event::kMessage) seen += "[" + deframer.message() + "]";
    EXPECT_TRUE(input.empty());
  }
  EXPECT_EQ(seen, "[abc][][de]");
  EXPECT_FALSE(deframer.is_inside());
}

TEST(GrpcDeframerTest, LeavesWhatIsBehindAMessage) {
  GrpcDeframer deframer(100, 100);
  const std::string bytes = "\0\0\0\0\1a\0\0\0\0\1b\0"s;
  std::string_view input = bytes;
  ASSERT_EQ(deframer.Next(input), Event::kMessage);
  EXPECT_EQ(input.size(), 7u);
  ASSERT_EQ(deframer.Next(input), Event::kMessage);
  EXPECT_EQ(deframer.message(), "b");
  EXPECT_EQ(deframer.Next(input), Event::kNeedMore);
  EXPECT_TRUE(deframer.is_inside());
}

TEST(GrpcDeframerTest, KeepsNoMoreThanItWasTold) {
  GrpcDeframer deframer(2, 100);
  const std::string bytes = "\0\0\0\0\5abcde"s;
  std::string_view input = bytes;
  ASSERT_EQ(deframer.Next(input), Event::kMessage);
  EXPECT_EQ(deframer.message(), "ab");
  EXPECT_EQ(deframer.message_bytes(), 5u);
}

TEST(GrpcDeframerTest, RefusesWhatItCannotHoldOrRead) {
  const std::string large = "\0\0\0\0\5abcde"s;
  std::string_view input = large;
  EXPECT_EQ(GrpcDeframer(100, 4).Next(input), Event::kTooLarge);
  const std::string compressed = "\1\0\0\0\1a"s;
  input = compressed;
  EXPECT_EQ(GrpcDeframer(100, 100).Next(input), Event::kCompressed);
}

}  // namespace
}  // namespace trireme::client
