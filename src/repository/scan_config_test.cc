// SPDX-License-Identifier: Apache-2.0
// What config.pbtxt does to a scan.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/testing/temp_dir.h"
#include "repository/scan.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

RepositoryScan Scan(const fs::path& path, const ScanOptions& options = {}) {
  auto scan = ScanRepository(std::vector{path}, options);
  EXPECT_TRUE(scan.ok()) << scan.status();
  return std::move(scan).value();
}

std::vector<std::string> Models(const RepositoryScan& scan) {
  std::vector<std::string> names;
  for (const ModelEntry& model : scan.models) names.push_back(model.id.text());
  return names;
}

// A repository of one model "m" with versions 1, 2 and 3.
class ScanWithConfig : public ::testing::Test {
 protected:
  ScanWithConfig() {
    for (const char* version : {"1", "2", "3"}) dir_.Write(fs::path("m") / version / "model.onnx");
  }

  RepositoryScan With(std::string_view config) {
    dir_.Write("m/config.pbtxt", config);
    return Scan(dir_.path());
  }

  TempDir dir_;
};

TEST_F(ScanWithConfig, ServesTheVersionsOfThePolicy) {
  EXPECT_THAT(Models(With("")), ElementsAre("m/3"));
  EXPECT_THAT(Models(With("version_policy { all {} }")), ElementsAre("m/1", "m/2", "m/3"));
  EXPECT_THAT(Models(With("version_policy { latest { num_versions: 2 } }")), ElementsAre("m/2", "m/3"));
  EXPECT_THAT(Models(With("version_policy { specific { versions: [ 1, 3 ] } }")), ElementsAre("m/1", "m/3"));
}

TEST_F(ScanWithConfig, VersionsShareWhatTheirConfigSays) {
  const RepositoryScan scan = With("version_policy { all {} }");
  ASSERT_THAT(scan.models, SizeIs(3));
  EXPECT_NE(scan.models[0].config_message, nullptr);
  EXPECT_EQ(scan.models[0].config_message, scan.models[2].config_message);
}

TEST_F(ScanWithConfig, NotesVersionsThatAreNotServedOnlyWhereNobodySaidSo) {
  EXPECT_THAT(With("").models.at(0).notes, ElementsAre(HasSubstr("version 3 is served, the newest; not served: 1, 2")));
  EXPECT_THAT(With("version_policy { latest { num_versions: 1 } }").models.at(0).notes, IsEmpty());
}

TEST_F(ScanWithConfig, WarnsOfVersionsThatAreNotThere) {
  const RepositoryScan some = With("version_policy { specific { versions: [ 1, 7 ] } }");
  ASSERT_THAT(Models(some), ElementsAre("m/1"));
  ASSERT_THAT(some.models[0].findings, SizeIs(1));
  EXPECT_EQ(some.models[0].findings[0].severity, Finding::Severity::kWarning);
  EXPECT_THAT(some.models[0].findings[0].ToString(),
              HasSubstr("config.pbtxt:1:29: version_policy.specific.versions: expected versions that have a folder, "
                        "found 7, which has none; served are 1"));
  const RepositoryScan none = With("version_policy { specific { versions: [ 7, 8 ] } }");
  ASSERT_THAT(none.problems, SizeIs(1));
  EXPECT_EQ(none.problems[0].status.code(), StatusCode::kNotFound);
  EXPECT_THAT(none.problems[0].status.message(), HasSubstr("found 7, 8, which have none; name one of 1, 2, 3"));
  EXPECT_THAT(none.problems[0].findings, SizeIs(1));
}

TEST_F(ScanWithConfig, AWrongConfigIsAProblemWithAllThatIsWrong) {
  dir_.Write("good/1/model.onnx");
  const RepositoryScan scan =
      With("name: 'x' max_batch_size: -1 input { dims: 0 } metric_tags { key: 'a' value: 'b' }");
  EXPECT_THAT(Models(scan), ElementsAre("good/1"));
  ASSERT_THAT(scan.problems, SizeIs(1));
  const ModelProblem& problem = scan.problems[0];
  EXPECT_EQ(problem.name, "m");
  EXPECT_EQ(problem.path, dir_ / "m/config.pbtxt");
  EXPECT_EQ(problem.status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(
      problem.status.message(),
      AllOf(HasSubstr((dir_ / "m/config.pbtxt").string() + ":1:1: name: expected \"m\""), HasSubstr("(and 3 more)")));
  EXPECT_THAT(problem.findings, SizeIs(5));
}

TEST_F(ScanWithConfig, OneBadVersionIsAProblemOfTheModel) {
  dir_.MakeFolder("m/4");
  const RepositoryScan scan = With("version_policy { all {} } metric_tags { key: 'a' value: 'b' }");
  EXPECT_THAT(Models(scan), IsEmpty());
  ASSERT_THAT(scan.problems, SizeIs(1));
  EXPECT_EQ(scan.problems[0].path, dir_ / "m/4");
  EXPECT_THAT(scan.problems[0].findings, SizeIs(2));
}

TEST_F(ScanWithConfig, FindingsAreTheNewestVersionsAlone) {
  const RepositoryScan scan = With("version_policy { all {} } metric_tags { key: 'a' value: 'b' }");
  ASSERT_THAT(Models(scan), SizeIs(3));
  EXPECT_THAT(scan.models[0].findings, IsEmpty());
  EXPECT_THAT(scan.models[1].findings, IsEmpty());
  EXPECT_THAT(scan.models[2].findings, SizeIs(1));
}

TEST_F(ScanWithConfig, AConfigThatCannotBeReadIsAProblem) {
  dir_.MakeFolder("folder/config.pbtxt");
  dir_.Write("folder/1/model.onnx");
  dir_.Write("broken/1/model.onnx");
  fs::create_symlink("gone", dir_ / "broken/config.pbtxt");
  dir_.Write("pipe/1/model.onnx");
  ASSERT_EQ(mkfifo((dir_ / "pipe/config.pbtxt").c_str(), 0600), 0);
  dir_.Write("long/1/model.onnx");
  dir_.Write("long/config.pbtxt", std::string((1 << 20) + 1, '#'));
  const RepositoryScan scan = Scan(dir_.path());
  EXPECT_THAT(Models(scan), ElementsAre("m/3"));
  EXPECT_THAT(scan.problems, SizeIs(4));
  for (const ModelProblem& problem : scan.problems) {
    EXPECT_THAT(problem.status.message(), HasSubstr("config.pbtxt: expected a text of at most 1048576 bytes, found "))
        << problem.status;
  }
}

TEST_F(ScanWithConfig, AnotherConfigMayBeChosenByName) {
  dir_.Write("m/config.pbtxt", "max_batch_size: 1");
  dir_.Write("m/configs/fast.pbtxt", "max_batch_size: 2");
  dir_.Write("other/1/model.onnx");
  dir_.Write("other/config.pbtxt", "max_batch_size: 3");
  const RepositoryScan scan = Scan(dir_.path(), {.defaults = {}, .config_name = "fast"});
  ASSERT_THAT(Models(scan), ElementsAre("m/3", "other/1"));
  EXPECT_EQ(scan.models[0].config.max_request_rows, 2);
  EXPECT_EQ(scan.models[1].config.max_request_rows, 3);
  for (const std::string& note : scan.models[0].notes) EXPECT_THAT(note, ::testing::Not(HasSubstr("configs")));
}

TEST_F(ScanWithConfig, TheFileMayNameTheModelFile) {
  dir_.Write("m/3/net.onnx");
  EXPECT_EQ(With("default_model_filename: 'net.onnx'").models.at(0).path, dir_ / "m/3/net.onnx");
  EXPECT_THAT(With("default_model_filename: 'gone.onnx'").problems.at(0).status.message(),
              HasSubstr("expected gone.onnx, found \"model.onnx\", \"net.onnx\""));
  dir_.Write("m/3/model.plan");
  EXPECT_EQ(With("default_model_filename: 'model.plan'").problems.at(0).status.code(), StatusCode::kUnsupported);
}

TEST_F(ScanWithConfig, AModelOfAnotherBackendGivesWay) {
  const RepositoryScan alone = With("backend: 'python'");
  ASSERT_THAT(alone.problems, SizeIs(1));
  EXPECT_EQ(alone.problems[0].status.code(), StatusCode::kUnsupported);
  EXPECT_THAT(alone.problems[0].findings, SizeIs(1));
  dir_.Write("m.onnx");
  EXPECT_THAT(Models(With("backend: 'python'")), ElementsAre("m/1"));
}

TEST_F(ScanWithConfig, EveryProblemHasAFindingWithAFix) {
  dir_.Write("bare/config.pbtxt");
  dir_.MakeFolder("empty/1");
  dir_.Write("misplaced/model.onnx");
  dir_.Write("trt/1/model.plan");
  dir_.Write("bad name.onnx");
  dir_.Write("m.onnx");
  dir_.Write("lite.tflite");
  fs::create_symlink("gone", dir_ / "gone.onnx");
  RepositoryScan scan = Scan(dir_.path());
  for (const char* path : {"nowhere", "m/1/readme.txt"}) {
    if (path[0] == 'm') dir_.Write(path);
    const RepositoryScan more = Scan(dir_ / path);
    scan.problems.insert(scan.problems.end(), more.problems.begin(), more.problems.end());
  }
  EXPECT_THAT(scan.problems, SizeIs(10));
  for (const ModelProblem& problem : scan.problems) {
    ASSERT_THAT(problem.findings, SizeIs(1)) << problem.status;
    const Finding& finding = problem.findings[0];
    EXPECT_EQ(finding.severity, Finding::Severity::kError);
    EXPECT_FALSE(finding.file.empty() || finding.expected.empty() || finding.found.empty() || finding.fix.empty())
        << finding.ToString();
  }
}

uint64_t Fingerprint(const TempDir& dir) {
  const RepositoryScan scan = Scan(dir.path());
  EXPECT_THAT(scan.models, SizeIs(1));
  return scan.models.empty() ? 0 : scan.models[0].fingerprint;
}

TEST(Fingerprint, IsAnotherWheneverSomethingOfTheModelHasChanged) {
  const TempDir dir;
  dir.Write("m/1/model.onnx", "model");
  dir.Write("m/labels.txt", "cat");
  dir.Write("m/warmup/x", "1234");
  const char* config =
      "output { name: 'y' label_filename: 'labels.txt' }\n"
      "model_warmup { inputs { key: 'x' value { data_type: TYPE_FP32 dims: 1 input_data_file: 'x' } } }";
  uint64_t before = Fingerprint(dir);
  const auto changed = [&](const char* what) {
    const uint64_t now = Fingerprint(dir);
    EXPECT_NE(now, before) << what;
    EXPECT_EQ(now, Fingerprint(dir)) << what;
    before = now;
  };
  dir.Write("m/config.pbtxt", config);
  changed("a config");
  dir.Write("m/config.pbtxt", std::string(config) + " max_batch_size: 4");
  changed("its text");
  dir.Write("m/1/model.onnx", "models");
  changed("the model's size");
  const auto time = fs::last_write_time(dir / "m/1/model.onnx");
  fs::last_write_time(dir / "m/1/model.onnx", time + std::chrono::milliseconds(1));
  changed("the model's time");
  dir.Write("m/1/weights/data.bin", "1");
  changed("external data");
  dir.Write("m/1/weights/data.bin", "12");
  changed("size of external data");
  dir.Write("m/labels.txt", "cats");
  changed("labels");
  fs::last_write_time(dir / "m/warmup/x", time + std::chrono::milliseconds(2));
  changed("warm-up data");
  dir.Write("m/warmup/request.json", "{}");
  changed("a recorded request");
  fs::remove(dir / "m/1/weights/data.bin");
  changed("external data that is gone");
  fs::permissions(dir / "m/1/model.onnx", fs::perms::owner_read);
  changed("who may read the model");
  fs::permissions(dir / "m/1/weights", fs::perms::owner_all);
  changed("who may read a folder");
}

TEST(Fingerprint, IsTheSameWhereWhatHasChangedIsNotOfTheModel) {
  const TempDir dir;
  dir.Write("m/1/model.onnx", "model");
  dir.Write("m/2/model.onnx", "model");
  const uint64_t before = Fingerprint(dir);
  dir.Write("m/1/model.onnx", "other");
  dir.Write("m/readme.txt");
  dir.Write("m/2/.hidden");
  EXPECT_EQ(Fingerprint(dir), before);
}

TEST(Fingerprint, IsAnotherForOtherSettings) {
  const TempDir dir;
  dir.Write("m.onnx");
  ScanOptions options;
  const uint64_t before = Scan(dir.path(), options).models.at(0).fingerprint;
  options.defaults.instances = 2;
  const uint64_t after = Scan(dir.path(), options).models.at(0).fingerprint;
  EXPECT_NE(before, after);
  dir.Write("m.onnx.data");
  EXPECT_NE(Scan(dir.path(), options).models.at(0).fingerprint, after);
}

TEST(Fingerprint, OfTheWeightsIsAnotherOnlyIfOpeningGivesSomethingElse) {
  const TempDir dir;
  dir.Write("m/1/model.onnx", "model");
  uint64_t before = Scan(dir.path()).models.at(0).weights_fingerprint;
  const auto changed = [&] {
    const uint64_t now = Scan(dir.path()).models.at(0).weights_fingerprint;
    return std::exchange(before, now) != now;
  };
  dir.Write("m/config.pbtxt", "parameters { key: 'version_labels' value { string_value: 'stable=1' } }");
  EXPECT_FALSE(changed()) << "a label";
  dir.Write("m/config.pbtxt", "optimization { graph { level: -1 } }");
  EXPECT_TRUE(changed()) << "how the runtime reads it";
  dir.Write("m/1/model.onnx", "models");
  EXPECT_TRUE(changed()) << "the file";
}

TEST(Fingerprint, DoesNotFollowFoldersForEver) {
  const TempDir dir;
  dir.Write("m/1/model.onnx");
  fs::create_directory_symlink(".", dir / "m/1/loop");
  EXPECT_EQ(Fingerprint(dir), Fingerprint(dir));
}

// --- Models that have no file.

constexpr std::string_view kRepeat = R"(backend: "repeat"
model_transaction_policy { decoupled: true }
input { name: "IN" data_type: TYPE_INT32 dims: [ -1 ] }
output { name: "OUT" data_type: TYPE_INT32 dims: [ 1 ] }
)";

TEST(ScanWithoutFile, TakesAnEmptyVersionFolder) {
  const TempDir dir;
  dir.Write("r/config.pbtxt", kRepeat);
  dir.MakeFolder("r/1");
  for (const fs::path& path : {dir.path(), dir / "r"}) {
    const RepositoryScan scan = Scan(path);
    EXPECT_THAT(scan.problems, IsEmpty());
    ASSERT_THAT(Models(scan), ElementsAre("r/1"));
    EXPECT_EQ(scan.models[0].backend, "repeat");
    EXPECT_EQ(scan.models[0].path, dir / "r/1");
    EXPECT_TRUE(scan.models[0].config.decoupled);
  }
}

TEST(ScanWithoutFile, NeedsAVersionFolder) {
  const TempDir dir;
  dir.Write("r/config.pbtxt", kRepeat);
  const RepositoryScan scan = Scan(dir.path());
  ASSERT_THAT(scan.problems, SizeIs(1));
  EXPECT_THAT(scan.problems[0].status.message(), HasSubstr("expected a folder 1 in it"));
}

TEST(ScanWithoutFile, ChangesWithItsConfig) {
  const TempDir dir;
  dir.Write("r/config.pbtxt", kRepeat);
  dir.MakeFolder("r/1");
  const uint64_t before = Scan(dir.path()).models.at(0).fingerprint;
  EXPECT_EQ(Scan(dir.path()).models.at(0).fingerprint, before);
  dir.Write("r/config.pbtxt", std::string(kRepeat) + "instance_group { count: 2 }");
  EXPECT_NE(Scan(dir.path()).models.at(0).fingerprint, before);
}

TEST(ScanWithoutFile, OtherBackendsStillNeedOne) {
  const TempDir dir;
  dir.Write("m/config.pbtxt", "backend: \"onnxruntime\"");
  dir.MakeFolder("m/1");
  EXPECT_THAT(Scan(dir.path()).problems.at(0).status.message(), HasSubstr("has no model: expected model.onnx"));
}

}  // namespace
}  // namespace trireme
