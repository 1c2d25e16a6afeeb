// SPDX-License-Identifier: Apache-2.0
#include "wire/kserve/trace_setting_message.h"

#include <gtest/gtest.h>

namespace trireme::kserve {
namespace {

TEST(TraceSettingMessage, ReadsListsTextsAndNull) {
  const auto settings =
      DecodeTraceSettings(R"({"trace_level":["TIMESTAMPS","OFF"],"trace_rate":"5","trace_count":null})");
  ASSERT_TRUE(settings.ok()) << settings.status();
  const TraceSettingValues expected = {
      {"trace_level", {"TIMESTAMPS", "OFF"}}, {"trace_rate", {"5"}}, {"trace_count", {}}};
  EXPECT_EQ(*settings, expected);
  EXPECT_TRUE(DecodeTraceSettings("")->empty());
  EXPECT_TRUE(DecodeTraceSettings("{}")->empty());
}

TEST(TraceSettingMessage, NamesTheFieldThatIsNoText) {
  EXPECT_TRUE(DecodeTraceSettings(R"({"trace_rate":5})").status().message().starts_with("trace_rate: "));
  for (const char* text : {"[]", "{", R"({"a":["b",1]})", R"({"a":"b","a":"c"})", R"({"a":{}})", R"({"a":"b"}x)"}) {
    EXPECT_EQ(DecodeTraceSettings(text).status().code(), StatusCode::kInvalidArgument) << text;
  }
}

TEST(TraceSettingMessage, WritesTheLevelAsAListAndAllElseAsText) {
  EXPECT_EQ(EncodeTraceSettings({{"trace_level", {"OFF"}}, {"trace_rate", {"1000"}}, {"trace_file", {""}}}),
            R"({"trace_file":"","trace_level":["OFF"],"trace_rate":"1000"})");
}

}  // namespace
}  // namespace trireme::kserve
