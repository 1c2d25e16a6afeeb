// SPDX-License-Identifier: Apache-2.0
#include "wire/admin/command.h"

#include <gtest/gtest.h>

#include <vector>

namespace trireme::admin {
namespace {

TEST(ModelCommandTest, IsReadAsItWasWritten) {
  const ModelCommand plain{.model = "a \"b\"/\xc3\xa4"};
  EXPECT_EQ(*DecodeModelCommand(EncodeModelCommand(plain), false), plain);
  const ModelCommand label{.model = "a", .label = "stable", .version = 3};
  EXPECT_EQ(*DecodeModelCommand(EncodeModelCommand(label), true), label);
  const ModelCommand removal{.model = "a", .label = "stable"};
  EXPECT_EQ(EncodeModelCommand(removal), R"({"model":"a","label":"stable","version":null})");
  EXPECT_EQ(*DecodeModelCommand(EncodeModelCommand(removal), true), removal);
}

TEST(ModelCommandTest, IsRefusedWithWhatWasExpected) {
  struct Case {
    const char* text;
    bool wants_label;
    const char* error;
  };
  const std::vector<Case> cases = {
      {"", false, "expected an object, found the end at byte 0"},
      {"{}", false, "model: expected a name, found nothing"},
      {R"({"model":""})", false, "model: expected a name, found nothing"},
      {R"({"model":1})", false, "model: expected a string, found number 1 at byte 9"},
      {R"({"model":"a","model":"b"})", false, "expected model, each once, found 'model'"},
      {R"({"model":"a","label":"b"})", false, "expected model, each once, found 'label'"},
      {R"({"model":"a","nodel":"b"})", true, "expected model, label and version, each once, found 'nodel'"},
      {R"({"model":"a"})", true, "label: expected a name, found nothing"},
      {R"({"model":"a","label":"b"})", true, "version: expected a number or null, found nothing"},
      {R"({"model":"a","label":"b","version":0})", true,
       "version: expected the number of a version, from 1 on, or null, found number 0 at byte 35"},
      {R"({"model":"a","label":[1],"version":1})", true, "label: expected a string, found an array at byte 21"},
      {R"({"model":"a","label":"b","version":"1"})", true,
       "version: expected an integer from -9223372036854775808 to 9223372036854775807, found string \"1\" at byte 35"},
      {R"({"model":"a"} x)", false, "expected the end of the document, found x at byte 14"},
  };
  for (const Case& each : cases) {
    const Result<ModelCommand> read = DecodeModelCommand(each.text, each.wants_label);
    ASSERT_FALSE(read.ok()) << each.text;
    EXPECT_EQ(read.status().code(), StatusCode::kInvalidArgument);
    EXPECT_EQ(read.status().message(), each.error) << each.text;
  }
}

}  // namespace
}  // namespace trireme::admin
