// SPDX-License-Identifier: Apache-2.0
#include "repository/war_manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace trireme {
namespace {

using ::testing::HasSubstr;

TEST(ParseWarManifest, ReadsWhatTheArchiverWrites) {
  const auto manifest = ParseWarManifest(R"({
    "createdOn": "30/05/2021 11:30:00", "archiverVersion": "0.2.4", "implementationVersion": "1",
    "workflow": {"workflowName": "dog_breed_wf", "specFile": "workflow.yaml", "handler": "functions.py",
                 "workflowVersion": 1.0, "modelName": "x"}
  })");
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_EQ(manifest->workflow_name, "dog_breed_wf");
  EXPECT_EQ(manifest->workflow_version, "1.0");
  EXPECT_EQ(manifest->spec_file, "workflow.yaml");
  EXPECT_EQ(manifest->handler, "functions.py");
  EXPECT_EQ(manifest->created_on, "30/05/2021 11:30:00");
  EXPECT_EQ(manifest->archiver_version, "0.2.4");
}

TEST(ParseWarManifest, NeedsNoHandler) {
  const auto manifest = ParseWarManifest(R"({"workflow":{"workflowName":"w","specFile":"a/w.yaml","handler":null}})");
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_EQ(manifest->handler, "");
}

TEST(ParseWarManifest, SaysWhatIsWrong) {
  struct Refused {
    std::string json;
    const char* why;
  };
  const auto workflow = [](const std::string& entries) {
    return R"({"workflow":{"workflowName":"w",)" + entries + "}}";
  };
  const std::vector<Refused> cases = {
      {"{}", "Missing Workflow entry in manifest file."},
      {R"({"workflow":null})", "Missing Workflow entry in manifest file."},
      {R"({"workflow":{"specFile":"w.yaml"}})", "Workflow name is not defined."},
      {R"({"workflow":{"workflowName":"a\nb","specFile":"w.yaml"}})", "workflow.workflowName: "},
      {R"({"workflow":{"workflowName":"w"}})", "workflow.specFile: expected the name of a file of the archive, found"},
      {workflow(R"("specFile":"../w.yaml")"),
       "workflow.specFile: expected the name of a file of the archive, found \"../w.yaml\""},
      {workflow(R"("specFile":"/etc/passwd")"), "workflow.specFile: expected the name"},
      {workflow(R"("specFile":"a\u0000b")"), "workflow.specFile: expected the name"},
      {workflow(R"("specFile":"w.yaml","handler":"a\\b.py")"), "workflow.handler: expected the name"},
      {workflow(R"("specFile":"w.yaml","specFile":"v.yaml")"), "workflow.specFile: expected each entry once"},
      {workflow(R"("specFile":["w.yaml"])"), "workflow.specFile: expected a string"},
      {"", "expected"},
      {"[]", "expected an object"},
      {R"({"workflow":[]})", "workflow"},
      {R"({"workflow":{}} x)", "expected"},
      {std::string(kMaxWarManifestBytes + 1, ' '), "expected at most"},
      {"{\"a\":" + std::string(100, '[') + std::string(100, ']') + "}", "at most 32 levels of nesting"},
  };
  for (const Refused& c : cases) {
    const auto manifest = ParseWarManifest(c.json);
    EXPECT_EQ(manifest.status().code(), StatusCode::kInvalidArgument) << c.json.substr(0, 200);
    EXPECT_THAT(manifest.status().message(), HasSubstr(c.why)) << c.json.substr(0, 200);
  }
}

}  // namespace
}  // namespace trireme
