// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/parameter_finding.h"

#include <gtest/gtest.h>

namespace trireme {
namespace {

ModelEntry Entry() {
  ModelEntry entry;
  entry.config.runtime_parameters = {{"map_weights", "maybe"}, {"x", "y"}};
  entry.declared.file = "/models/a/config.pbtxt";
  entry.declared.parameter_places["map_weights"] = {.field = "parameters[\"map_weights\"]", .line = 7, .column = 3};
  return entry;
}

TEST(ParameterFindingTest, NamesTheConfigFile) {
  const auto finding =
      ParameterFinding(Entry(), InvalidArgument("parameters[\"map_weights\"]: expected 1 or 0, found \"maybe\""));
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->ToString(),
            "/models/a/config.pbtxt:7:3: parameters[\"map_weights\"]: expected 1 or 0, found \"maybe\"");
  EXPECT_EQ(finding->expected, "1 or 0");
  EXPECT_EQ(finding->found, "\"maybe\"");
  EXPECT_EQ(ParameterFinding(Entry(), InvalidArgument("parameters[\"x\"]: no"))->ToString(),
            "/models/a/config.pbtxt: parameters[\"x\"]: no");
}

TEST(ParameterFindingTest, IsNothingForOtherErrors) {
  for (const Status& error : {InvalidArgument("model.onnx: it is empty"), InvalidArgument("parameters[\"z\"]: no"),
                              Internal("parameters[\"x\"]: no")}) {
    EXPECT_FALSE(ParameterFinding(Entry(), error)) << error;
  }
}

}  // namespace
}  // namespace trireme
