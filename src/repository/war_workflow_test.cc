// SPDX-License-Identifier: Apache-2.0
#include "repository/war_workflow.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "base/testing/temp_dir.h"

namespace trireme {
namespace {

using ::testing::HasSubstr;

constexpr const char* kManifest = R"({"workflow":{"workflowName":"w","specFile":"w.yaml"}})";
constexpr const char* kSpec =
    "models:\n  a: {url: a.mar}\n  b: {url: /elsewhere/b.mar}\n  c: {url: link.mar}\ndag: {a: [b], b: [c]}\n";

class WarWorkflowTest : public testing::Test {
 protected:
  WarWorkflowTest() {
    std::filesystem::create_directory(folder_ / "WAR-INF");
    folder_.Write(kWarManifestName, kManifest);
    folder_.Write("w.yaml", kSpec);
  }

  std::string Why() const { return ReadWarFolder(folder_.path()).status().message(); }

  TempDir folder_;
  TempDir outside_;
};

TEST_F(WarWorkflowTest, FindsModelsThatTheArchiveHas) {
  folder_.Write("a.mar", "x");
  const auto workflow = ReadWarFolder(folder_.path());
  ASSERT_TRUE(workflow.ok()) << workflow.status();
  EXPECT_EQ(workflow->manifest.workflow_name, "w");
  EXPECT_EQ(workflow->files[0].filename(), "a.mar");
  EXPECT_EQ(workflow->files[1], "");
  EXPECT_EQ(workflow->files[2], "");
}

TEST_F(WarWorkflowTest, FollowsNoLinkOutOfIt) {
  outside_.Write("secret", "models: {a: {url: x}}\ndag: {a: }");
  std::filesystem::create_symlink(outside_ / "secret", folder_ / "link.mar");
  EXPECT_EQ(ReadWarFolder(folder_.path())->files[2], "");
  std::filesystem::remove(folder_ / "w.yaml");
  std::filesystem::create_symlink(outside_ / "secret", folder_ / "w.yaml");
  EXPECT_THAT(Why(), HasSubstr("w.yaml: expected a file of the archive, found a link that leads out"));
}

TEST_F(WarWorkflowTest, NamesTheFileThatIsWrong) {
  folder_.Write("w.yaml", "models: 7");
  EXPECT_THAT(Why(), HasSubstr("w.yaml: line 1: models: expected"));
  folder_.Write(kWarManifestName, "{}");
  EXPECT_EQ(Why(), "WAR-INF/MANIFEST.json: Missing Workflow entry in manifest file.");
  std::filesystem::remove(folder_ / kWarManifestName);
  EXPECT_THAT(Why(), HasSubstr("WAR-INF/MANIFEST.json: expected a file of the archive"));
}

}  // namespace
}  // namespace trireme
