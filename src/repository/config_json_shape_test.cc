// SPDX-License-Identifier: Apache-2.0
#include "repository/config_json_shape.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "repository/config_message.h"

namespace trireme {
namespace {

using testing::HasSubstr;

std::string FindingOf(const std::string& json) {
  const ConfigMessage config = ParseConfigJson(json, "");
  return config.findings.empty() ? "" : config.findings[0].ToString();
}

TEST(ConfigJsonShapeTest, TakesWhatIsAsTheFieldsAre) {
  for (const char* json : {"{}", R"({"input":[]})", R"({"input":null})", R"({"input":[{"name":"x","dims":["1",-1]}]})",
                           R"({"maxBatchSize":4,"instanceGroup":[{"count":1,"gpus":[]}]})",
                           R"({"parameters":{"a":{"string_value":"b"}},"metric_tags":{"a":"b"}})",
                           R"({"version_policy":{"all":{}}})", R"({"dynamic_batching":{}})"}) {
    EXPECT_EQ(FindingOf(json), "") << json;
  }
}

TEST(ConfigJsonShapeTest, RefusesAListWhereAMessageIsExpected) {
  EXPECT_THAT(FindingOf(R"({"input":[[]]})"), HasSubstr("input[0]"));
  EXPECT_THAT(FindingOf(R"({"input":[[]]})"), HasSubstr("expected an object, found an array"));
  EXPECT_NE(FindingOf(R"({"input":[{"dims":[[1]]}]})"), "");
  EXPECT_NE(FindingOf(R"({"dynamic_batching":[]})"), "");
  EXPECT_NE(FindingOf(R"({"input":{"name":"x"}})"), "");
}

TEST(ConfigJsonShapeTest, RefusesNullInAList) {
  EXPECT_THAT(FindingOf(R"({"output":[null]})"), HasSubstr("output[0]"));
  EXPECT_NE(FindingOf(R"({"input":[{"dims":[null]}]})"), "");
}

TEST(ConfigJsonShapeTest, RefusesListsInListsHoweverMany) {
  EXPECT_NE(FindingOf(R"({"input":)" + std::string(5000, '[') + std::string(5000, ']') + "}"), "");
}

}  // namespace
}  // namespace trireme
