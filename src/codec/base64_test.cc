// SPDX-License-Identifier: Apache-2.0
#include "codec/base64.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trireme {
namespace {

using testing::HasSubstr;

TEST(Base64Test, ReadsTheStandardsExamples) {
  EXPECT_EQ(*DecodeBase64(""), "");
  EXPECT_EQ(*DecodeBase64("Zg=="), "f");
  EXPECT_EQ(*DecodeBase64("Zm8="), "fo");
  EXPECT_EQ(*DecodeBase64("Zm9v"), "foo");
  EXPECT_EQ(*DecodeBase64("Zm9vYg=="), "foob");
  EXPECT_EQ(*DecodeBase64("Zm9vYmE="), "fooba");
  EXPECT_EQ(*DecodeBase64("Zm9vYmFy"), "foobar");
}

TEST(Base64Test, ReadsEveryLetter) {
  EXPECT_EQ(*DecodeBase64("+/+/"), "\xfb\xff\xbf");
  EXPECT_EQ(*DecodeBase64("AAAA"), std::string(3, '\0'));
}

TEST(Base64Test, ReadsOverLineBreaks) {
  EXPECT_EQ(*DecodeBase64("Zm9v\nYmFy\n"), "foobar");
  EXPECT_EQ(*DecodeBase64("Zm\r\n9vYg=\r\n=\r\n"), "foob");
  EXPECT_EQ(*DecodeBase64("\n\r"), "");
  EXPECT_THAT(DecodeBase64("Zm9v\nYm").status().message(), HasSubstr("found 6 letters"));
}

TEST(Base64Test, RefusesWhatIsNoLetter) {
  EXPECT_THAT(DecodeBase64("Zm9\t").status().message(), HasSubstr("at byte 3"));
  EXPECT_THAT(DecodeBase64("Zm-v").status().message(), HasSubstr("at byte 2"));
  EXPECT_THAT(DecodeBase64("Z\xffmv").status().message(), HasSubstr("at byte 1"));
}

TEST(Base64Test, RefusesPaddingThatIsMissingOrInTheMiddle) {
  for (const char* text : {"Z", "Zg", "Zg=", "Zm8", "Zg==Zg==", "====", "Z===", "=m8="}) {
    EXPECT_EQ(DecodeBase64(text).status().code(), StatusCode::kInvalidArgument) << text;
  }
}

TEST(Base64Test, RefusesBitsThatBelongToNoByte) {
  EXPECT_THAT(DecodeBase64("Zh==").status().message(), HasSubstr("left over"));
  EXPECT_THAT(DecodeBase64("Zm9=").status().message(), HasSubstr("left over"));
}

TEST(Base64Test, ReadsWhatItWrote) {
  std::string bytes;
  for (int length = 0; length < 300; ++length) {
    std::string text = "before ";
    AppendBase64(text, bytes);
    EXPECT_EQ(DecodeBase64(text.substr(7)).value(), bytes);
    bytes += static_cast<char>(length * 37);
  }
  std::string text;
  AppendBase64(text, "foobar");
  AppendBase64(text, "fo");
  EXPECT_EQ(text, "Zm9vYmFyZm8=");
}

TEST(LaxBase64, NeedsNoPaddingAndTakesBlanks) {
  EXPECT_EQ(*DecodeLaxBase64("AAE="), std::string("\0\1", 2));
  EXPECT_EQ(*DecodeLaxBase64("AAE"), std::string("\0\1", 2));
  EXPECT_EQ(*DecodeLaxBase64(" A\tA\nE = "), std::string("\0\1", 2));
  EXPECT_EQ(*DecodeLaxBase64(""), "");
  for (const char* wrong : {"A", "AA=", "A===", "AA*A", "AAE=A", "AAF"})
    EXPECT_FALSE(DecodeLaxBase64(wrong).ok()) << wrong;
}

}  // namespace
}  // namespace trireme
