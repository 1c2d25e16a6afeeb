// SPDX-License-Identifier: Apache-2.0
#include "codec/crc32c.h"

#include <gtest/gtest.h>

#include <string>

namespace trireme {
namespace {

// RFC 3720, B.4.
TEST(Crc32c, IsThatOfTheStandardsExamples) {
  EXPECT_EQ(Crc32c("123456789"), 0xe3069283);
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8a9136aa);
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62a8ab43);
  EXPECT_EQ(Crc32c(""), 0u);
}

TEST(Crc32c, GoesOnWhereItStopped) {
  const std::string text = "the quick brown fox jumps over the lazy dog";
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    EXPECT_EQ(ExtendCrc32c(Crc32c(text.substr(0, cut)), std::string_view(text).substr(cut)), Crc32c(text));
  }
}

}  // namespace
}  // namespace trireme
