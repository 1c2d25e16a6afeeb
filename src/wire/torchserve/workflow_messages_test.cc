// SPDX-License-Identifier: Apache-2.0
#include "wire/torchserve/workflow_messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace trireme::torchserve {
namespace {

using ::testing::HasSubstr;

TEST(WorkflowRequest, IsReadFromAQuery) {
  const std::vector<FormField> query = {{"url", "w.war"}, {"workflow_name", "w"}, {"response_timeout", "7"}};
  EXPECT_EQ(ReadWorkflowRequest(query), (WorkflowRequest{.url = "w.war", .workflow_name = "w"}));
  EXPECT_EQ(ReadWorkflowRequest({}), WorkflowRequest());
}

TEST(WorkflowRequest, IsReadFromJson) {
  EXPECT_EQ(*ParseWorkflowRequest(R"({"url": "w.war", "other": [1], "workflow_name": null})"),
            (WorkflowRequest{.url = "w.war"}));
  EXPECT_EQ(ParseWorkflowRequest(R"({"workflow_name": "w"})")->workflow_name, "w");
  for (const char* text : {"", "[]", R"({"url": 7})", R"({"url": "w.war"} x)", R"({"url": "w)"}) {
    EXPECT_EQ(ParseWorkflowRequest(text).status().code(), StatusCode::kInvalidArgument) << text;
  }
  EXPECT_THAT(ParseWorkflowRequest(R"({"url": 7})").status().message(), HasSubstr("'url': "));
}

TEST(WorkflowDescription, IsWrittenInTorchServesOrder) {
  EXPECT_EQ(EncodeWorkflowDescription({.name = "w", .url = "w.war", .batch_size = 8, .dag = "{a=[b], b=[]}"}),
            "[\n  {\n    \"workflowName\": \"w\",\n    \"workflowUrl\": \"w.war\",\n    \"minWorkers\": 1,\n"
            "    \"maxWorkers\": 1,\n    \"batchSize\": 8,\n    \"maxBatchDelay\": 50,\n"
            "    \"workflowDag\": \"{a\\u003d[b], b\\u003d[]}\"\n  }\n]\n");
}

}  // namespace
}  // namespace trireme::torchserve
