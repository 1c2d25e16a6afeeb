// SPDX-License-Identifier: Apache-2.0
#include "codec/file_kind.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace trireme {
namespace {

using namespace std::string_view_literals;

TEST(DescribeFile, KnowsWhatPeopleSend) {
  EXPECT_EQ(DescribeFile("GIF89a\0\x01"sv), "a GIF image (8 bytes)");
  EXPECT_EQ(DescribeFile("BM\x01\x02"), "a BMP image (4 bytes)");
  EXPECT_EQ(DescribeFile("II*\0\x08"sv), "a TIFF image (5 bytes)");
  EXPECT_EQ(DescribeFile("....ftypavif"), "an AVIF image (12 bytes)");
  EXPECT_EQ(DescribeFile(""), "nothing");
}

TEST(DescribeFile, IsShortAndPrintableWhateverComes) {
  EXPECT_EQ(DescribeFile("\0\xFF"sv), "bytes that begin with 00 ff (2 bytes)");
  EXPECT_EQ(DescribeFile(std::string(100'000, '\x01')), "bytes that begin with 01 01 01 01 01 01 01 01 (100000 bytes)");
}

TEST(IsBinary, TellsTextsFromOtherBytes) {
  for (const std::string_view text : {""sv, "hello"sv, "a\tb\r\nc"sv, "gr\xC3\xBCn"sv})
    EXPECT_FALSE(IsBinary(text)) << text;
  for (const std::string_view bytes : {"GIF89a\0"sv, "gr\xFCn"sv, "\x1B[31m"sv, "a\x7F"sv, "cut \xC3"sv}) {
    EXPECT_TRUE(IsBinary(bytes)) << bytes;
  }
  EXPECT_FALSE(IsBinary(std::string(5000, 'x') + '\0')) << "what stands far behind is not looked at";
  EXPECT_FALSE(IsBinary(std::string(1023, 'x') + "\xC3\xBC")) << "nor is a letter cut";
}

}  // namespace
}  // namespace trireme
