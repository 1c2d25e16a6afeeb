// SPDX-License-Identifier: Apache-2.0
#include "wire/torchserve/properties.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace trireme::torchserve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<Property> Parse(const std::string& text) {
  auto properties = ParseProperties(text);
  EXPECT_TRUE(properties.ok()) << properties.status();
  return properties.ok() ? *properties : std::vector<Property>();
}

TEST(ParseProperties, ReadsEverySeparator) {
  EXPECT_THAT(Parse("a=1\nb:2\nc 3\n  d \t = 4 \ne\nf=\ng==5\nh:=6\n"),
              ElementsAre(Property{"a", "1", 1}, Property{"b", "2", 2}, Property{"c", "3", 3}, Property{"d", "4 ", 4},
                          Property{"e", "", 5}, Property{"f", "", 6}, Property{"g", "=5", 7}, Property{"h", "=6", 8}));
}

TEST(ParseProperties, PassesOverComments) {
  EXPECT_THAT(Parse("# a=1\n  ! b=2\r\n\r\n\fc=#3\r# goes not on \\\nd=4"),
              ElementsAre(Property{"c", "#3", 4}, Property{"d", "4", 6}));
  EXPECT_THAT(Parse(""), IsEmpty());
  EXPECT_THAT(Parse("\xef\xbb\xbf"), IsEmpty());
}

TEST(ParseProperties, JoinsLinesThatGoOn) {
  EXPECT_THAT(Parse("models={\\\n   \"a\":\\\r\n\t1}\nb=2\\\\\nc\\\n=3\nd=4\\"),
              ElementsAre(Property{"models", "{\"a\":1}", 1}, Property{"b", "2\\", 4}, Property{"c", "3", 5},
                          Property{"d", "4", 7}));
}

TEST(ParseProperties, ReadsEscapes) {
  EXPECT_THAT(Parse("a\\ b\\=c\\:d=\\ x\\ty\\nz\\q\\u00e4\\uD83D\\ude00"),
              ElementsAre(Property{"a b=c:d", " x\ty\nzqä😀", 1}));
}

TEST(ParseProperties, TakesOtherTextForLatin1) {
  EXPECT_THAT(Parse("a=\xe4"), ElementsAre(Property{"a", "ä", 1}));
  EXPECT_THAT(Parse("a=ä"), ElementsAre(Property{"a", "ä", 1}));
}

TEST(ParseProperties, SaysWhatIsWrongInWhichLine) {
  for (const char* text : {"a=1\nb=\\u12", "a=1\nb=\\u12g4", "a=1\nb=\\ud83d", "a=1\nb=\\ud83d\\u0041",
                           "a=1\nb=\\ude00", "a=1\nb=\\u0000"}) {
    EXPECT_THAT(ParseProperties(text).status().message(), HasSubstr("line 2: expected four hexadecimal digits"))
        << text;
  }
  EXPECT_THAT(ParseProperties(std::string("a=\0b", 4)).status().message(), HasSubstr("a zero byte"));
  std::string many;
  for (size_t i = 0; i <= kMaxProperties; ++i) many += "a=1\n";
  EXPECT_THAT(ParseProperties(many).status().message(), HasSubstr("at most 1000 properties"));
  EXPECT_FALSE(ParseProperties(std::string(kMaxPropertiesBytes + 1, '#')).ok());
}

TEST(AppendProperty, WritesWhatReadsBack) {
  const std::vector<Property> properties = {{"a", "1", 1},         {"#b c", " x y ", 2}, {"d=e:f", "=g:h\\", 3},
                                            {"!", "#\n\t\r\f", 4}, {"ä", "😀", 5},        {"m", "{\"a\":[1]}", 6}};
  std::string text;
  for (const Property& each : properties) AppendProperty(text, each.key, each.value);
  EXPECT_EQ(Parse(text), properties);
  EXPECT_THAT(text, HasSubstr("m={\"a\":[1]}\n"));
}

}  // namespace
}  // namespace trireme::torchserve
