// SPDX-License-Identifier: Apache-2.0
#include "protocols/torchserve/snapshot_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <variant>

#include "base/testing/temp_dir.h"
#include "wire/torchserve/properties.h"

namespace trireme::torchserve {
namespace {

using testing::HasSubstr;

class SnapshotFileTest : public testing::Test {
 protected:
  SnapshotFileTest() { options_.snapshot = dir_ / "snapshot.cfg"; }

  void Enter(const std::string& model, const std::string& version) {
    auto reserved = book_.Reserve(model, version);
    std::get<ModelBook::Reservation>(reserved).Enter(
        BookedVersion{.version = version, .engine_name = {}, .url = "m.onnx", .path = {}, .store = {}});
  }
  Status Save() { return SnapshotFile(options_).Save(book_, workflows_); }
  std::string Written() const {
    std::ifstream file(options_.snapshot);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  std::string Property(const std::string& key) const {
    const auto properties = ParseProperties(Written());
    if (!properties.ok()) return properties.status().message();
    for (const torchserve::Property& property : *properties) {
      if (property.key == key) return property.value;
    }
    return "none";
  }

  const TempDir dir_;
  Options options_;
  ModelBook book_;
  WorkflowBook workflows_;
};

TEST_F(SnapshotFileTest, HasWhatIsNeededToBeginAgain) {
  options_.model_store = "/models";
  options_.workflow_store = "/workflows";
  options_.enable_model_api = true;
  options_.default_workers_per_model = 3;
  options_.allowed_urls = *AllowedUrls::Parse("https://a/.*,file://.*");
  options_.job_queue_size = 7;
  options_.metrics_mode = MetricsMode::kLog;
  ASSERT_TRUE(Save().ok());
  EXPECT_EQ(Property("model_store"), "/models");
  EXPECT_EQ(Property("workflow_store"), "/workflows");
  EXPECT_EQ(Property("enable_model_api"), "true");
  EXPECT_EQ(Property("default_workers_per_model"), "3");
  EXPECT_EQ(Property("allowed_urls"), "https://a/.*,file://.*");
  EXPECT_EQ(Property("job_queue_size"), "7");
  EXPECT_EQ(Property("metrics_mode"), "log");
  EXPECT_TRUE(ParseSnapshot(Property("model_snapshot")).ok());
}

TEST_F(SnapshotFileTest, WhatCouldNotBeReadBackTakesNothingsPlace) {
  Enter("m", "1");
  ASSERT_TRUE(Save().ok());
  const std::string before = Written();
  for (size_t i = 0; i < kMaxModelSettings; ++i) Enter("n", std::to_string(i));
  EXPECT_THAT(Save().message(), HasSubstr("more than can be read back"));
  EXPECT_EQ(Written(), before);
}

TEST_F(SnapshotFileTest, NamesHaveRoomInIt) {
  const std::string name(200, 'm');
  for (size_t i = 0; i < kMaxModelSettings; ++i) Enter(name, "1.0." + std::to_string(i));
  ASSERT_TRUE(Save().ok()) << "as many as can be read back";
  const auto read = ParseSnapshot(Property("model_snapshot"));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->models.size(), kMaxModelSettings);
}

TEST_F(SnapshotFileTest, IsWrittenWholeOrNotAtAll) {
  options_.snapshot = dir_ / "none/snapshot.cfg";
  EXPECT_EQ(Save().code(), StatusCode::kUnavailable);
}

}  // namespace
}  // namespace trireme::torchserve
