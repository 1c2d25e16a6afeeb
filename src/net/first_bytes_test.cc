// SPDX-License-Identifier: Apache-2.0
#include "net/first_bytes.h"

#include <gtest/gtest.h>

#include <string>

namespace trireme::net {
namespace {

TEST(FirstBytesTest, KnowsHttp2ByItsWholePreface) {
  EXPECT_EQ(ProtocolOf(kHttp2Preface), Protocol::kHttp2);
  EXPECT_EQ(ProtocolOf(std::string(kHttp2Preface) + "more"), Protocol::kHttp2);
}

TEST(FirstBytesTest, WaitsWhileItMayStillBeThePreface) {
  for (size_t length = 0; length < kHttp2Preface.size(); ++length) {
    EXPECT_EQ(ProtocolOf(kHttp2Preface.substr(0, length)), Protocol::kUndecided) << length;
  }
}

TEST(FirstBytesTest, TakesWhateverDiffersForHttp1) {
  EXPECT_EQ(ProtocolOf("G"), Protocol::kHttp1);
  EXPECT_EQ(ProtocolOf("PO"), Protocol::kHttp1);
  EXPECT_EQ(ProtocolOf("PRI * HTTP/1.1\r\n"), Protocol::kHttp1);
  for (size_t at = 0; at < kHttp2Preface.size(); ++at) {
    std::string bytes(kHttp2Preface);
    bytes[at] = '!';
    EXPECT_EQ(ProtocolOf(bytes), Protocol::kHttp1) << at;
  }
}

TEST(FirstBytesTest, KnowsAHandshakeByItsFirstByte) {
  EXPECT_TRUE(BeginsTls('\x16'));
  EXPECT_FALSE(BeginsTls('G'));
  EXPECT_FALSE(BeginsTls('\x80'));
}

}  // namespace
}  // namespace trireme::net
