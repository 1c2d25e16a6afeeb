// SPDX-License-Identifier: Apache-2.0
#include "repository/model_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trireme {
namespace {

using ::testing::HasSubstr;

TEST(ModelName, AcceptsLettersDigitsAndAFewMarks) {
  for (const std::string& name : {std::string("a"), std::string("ResNet-50_v1.5+int8@2"), std::string("7"),
                                  std::string("-x"), std::string("_"), std::string(255, 'n')}) {
    EXPECT_TRUE(CheckModelName(name).ok()) << name;
  }
}

TEST(ModelName, RefusesNoName) {
  EXPECT_THAT(CheckModelName("").message(), HasSubstr("empty"));
}

TEST(ModelName, RefusesMoreThan255Bytes) {
  const Status status = CheckModelName(std::string(256, 'n'));
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("256 bytes: expected at most 255"));
}

TEST(ModelName, RefusesAHiddenName) {
  for (const char* name : {".", "..", ".model"}) {
    EXPECT_THAT(CheckModelName(name).message(), HasSubstr("begins with a dot")) << name;
  }
}

TEST(ModelName, SaysWhichByteIsNotAllowed) {
  EXPECT_THAT(CheckModelName("a/b").message(), HasSubstr("contains \"/\""));
  EXPECT_THAT(CheckModelName("a b").message(), HasSubstr("contains \" \""));
  EXPECT_THAT(CheckModelName("a:predict").message(), HasSubstr("contains \":\""));
  EXPECT_THAT(CheckModelName("a\n").message(), HasSubstr("contains \"\\x0a\""));
  EXPECT_THAT(CheckModelName("mod\xc3\xa8le").message(), HasSubstr("contains \"\\xc3\""));
  EXPECT_THAT(CheckModelName(std::string_view("a\0b", 3)).message(), HasSubstr("contains \"\\x00\""));
}

TEST(Quoted, ShowsBytesThatCannotBePrinted) {
  EXPECT_EQ(Quoted("plain name"), "\"plain name\"");
  EXPECT_EQ(Quoted("a\x1b[31m\xff"), "\"a\\x1b[31m\\xff\"");
}

}  // namespace
}  // namespace trireme
