// SPDX-License-Identifier: Apache-2.0
#include "repository/mar_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/testing/temp_dir.h"
#include "repository/archive_contents.h"
#include "repository/mar_files.h"
#include "repository/scan.h"
#include "repository/testing/make_archive.h"

namespace trireme {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using transform::AnswerKind;
using transform::ImageSteps;

// Archives that were not packed; those that were are read by the same means (archive_test.cc) and in the end-to-end
// tests.
class MarModelTest : public testing::Test {
 protected:
  void Write(const std::string& handler, const std::string& more = "", const std::string& file = "model.pt") {
    dir_.Write(
        "m/MAR-INF/MANIFEST.json", R"({"runtime": "python", "model": {"modelName": "other", "modelVersion": "1.0",
        "handler": ")" + handler + R"(", "serializedFile": ")" +
                                       file + "\"" + more + "}}");
    dir_.Write("m/" + file, "weights");
  }
  Candidate Read() { return ReadMar(dir_ / "m", "m", {}); }
  std::string WhyNot() { return Read().status.message(); }

  TempDir dir_;
};

TEST_F(MarModelTest, AreRunByTheirDefaultHandler) {
  Write("image_classifier");
  dir_.Write("m/index_to_name.json", "{}");
  const Candidate model = Read();
  ASSERT_TRUE(model.status.ok()) << model.status;
  ASSERT_EQ(model.versions.size(), 1U);
  const ModelEntry& entry = model.versions[0];
  EXPECT_EQ(entry.id, (ModelId{"m", 1}));
  EXPECT_EQ(entry.path, dir_ / "m/model.pt");
  ASSERT_TRUE(entry.transform.image && entry.transform.answer);
  EXPECT_EQ(entry.transform.image->resize, ImageSteps::ResizeTo::kShorterSide);
  EXPECT_EQ(entry.transform.answer->names_file, "index_to_name.json");
  EXPECT_EQ(entry.transform.answer->softmax, true);

  Write("object_detector");
  EXPECT_EQ(Read().versions[0].transform.answer->kind, AnswerKind::kDetections);
  Write("image_segmenter");
  EXPECT_EQ(Read().versions[0].transform.answer->output, "out");
  Write("base_handler");
  EXPECT_FALSE(Read().versions[0].transform.image);
}

TEST_F(MarModelTest, TakeTheirSettings) {
  Write("base_handler", R"(, "configFile": "model-config.yaml")");
  dir_.Write("m/model-config.yaml",
             "minWorkers: 2\nmaxWorkers: 3\nbatchSize: 4\nmaxBatchDelay: 20\njobQueueSize: 7\nuseVenv: true\n"
             "responseTimeout: soon\nstartupTimeout: 90\n");
  const Candidate model = Read();
  ASSERT_TRUE(model.status.ok()) << model.status;
  const ModelConfig& config = model.versions[0].config;
  EXPECT_EQ(config.instances, 2) << "as TorchServe, which starts so many";
  EXPECT_EQ(config.max_rows, 4);
  EXPECT_EQ(config.max_delay, std::chrono::milliseconds(20));
  EXPECT_EQ(config.max_waiting_requests, 7U);
  EXPECT_EQ(model.versions[0].load_timeout, std::chrono::seconds(90));
  EXPECT_THAT(model.versions[0].notes, Contains(HasSubstr("model-config.yaml:6: useVenv is ignored")));
  ASSERT_EQ(model.findings.size(), 1U) << "a value of the wrong type is a warning";
  EXPECT_EQ(model.findings[0].severity, Finding::Severity::kWarning);
}

TEST_F(MarModelTest, SayThatTheirPackagesAreNotInstalled) {
  Write("base_handler", R"(, "requirementsFile": "requirements.txt")");
  EXPECT_THAT(Read().versions.at(0).notes, ElementsAre(HasSubstr("requirements.txt: its packages are not installed")));
}

TEST_F(MarModelTest, NameTheirModelFileWhereItIsMissing) {
  Write("base_handler");
  std::filesystem::remove(dir_ / "m/model.pt");
  MakeArchive(dir_ / "packed.mar", ArchiveForm::kZip,
              {{"MAR-INF/MANIFEST.json", R"({"model": {"serializedFile": "model.pt"}})"}});
  for (const Candidate& model : {Read(), ReadMar(dir_ / "packed.mar", "m", {})}) {
    EXPECT_EQ(model.status.code(), StatusCode::kInvalidArgument);
    EXPECT_THAT(model.status.message(), HasSubstr("found none that is called \"model.pt\""));
  }
  EXPECT_THAT(ReadMar(dir_ / "packed.mar", "m", {}).status.message(), HasSubstr((dir_ / "packed.mar").string()));
}

TEST_F(MarModelTest, GoWithoutAGpuWhereThereIsNone) {
  Write("base_handler", R"(, "configFile": "c.yaml")");
  dir_.Write("m/c.yaml", "deviceType: gpu\n");
  const Candidate without = Read();
  ASSERT_TRUE(without.status.ok()) << without.status;
  EXPECT_EQ(without.versions[0].config.copies, std::vector<DeviceWish>{DeviceWish()});
  EXPECT_THAT(without.versions[0].notes, ElementsAre("c.yaml: deviceType gpu is ignored: this server has none"));
  ReadOptions options;
  options.scan.devices.push_back(*Device::Parse("cuda:0"));
  const Candidate with = ReadMar(dir_ / "m", "m", options);
  ASSERT_TRUE(with.status.ok()) << with.status;
  EXPECT_EQ(with.versions[0].config.copies[0].kind, DeviceWish::Kind::kGpu);
  EXPECT_THAT(with.versions[0].notes, ElementsAre());
}

TEST_F(MarModelTest, HaveNothingAroundThemWithoutAHandler) {
  Write("");
  const Candidate model = Read();
  ASSERT_TRUE(model.status.ok()) << model.status;
  EXPECT_FALSE(model.versions[0].transform.image);
}

TEST_F(MarModelTest, ArePackedAsTheyLieInAFolder) {
  const std::string manifest = R"({"runtime": "python", "model": {"modelName": "other", "modelVersion": "1.0",
      "handler": "image_classifier", "serializedFile": "model.pt", "configFile": "c.yaml"}})";
  const std::vector<ArchivedEntry> entries = {{"MAR-INF/MANIFEST.json", manifest},
                                              {"model.pt", "weights"},
                                              {"index_to_name.json", "{}"},
                                              {"c.yaml", "minWorkers: 3\n" + std::string(60'000, '#') + "\n"}};
  ReadOptions options;
  options.scan.archives = std::make_shared<ArchiveBook>();
  for (const ArchiveForm form : {ArchiveForm::kZip, ArchiveForm::kTarGzip}) {
    MakeArchive(dir_ / "m.mar", form, entries);
    for (const ReadOptions& each : {ReadOptions(), options, options}) {
      const Candidate model = ReadMar(dir_ / "m.mar", "m", each);
      ASSERT_TRUE(model.status.ok()) << model.status;
      EXPECT_EQ(model.versions[0].archived_file, "model.pt");
      EXPECT_EQ(model.versions[0].config.instances, 3);
      EXPECT_EQ(model.versions[0].transform.answer->names_file, "index_to_name.json");
    }
  }
  std::vector<ArchivedEntry> own = entries;
  own.push_back({"image_classifier.py", "pass"});
  MakeArchive(dir_ / "m.mar", ArchiveForm::kZip, own);
  EXPECT_THAT(ReadMar(dir_ / "m.mar", "m", options).status.message(), HasSubstr("needs a Python worker"));
}

TEST_F(MarModelTest, ReadFilesThatAreNotSmallAsWell) {
  const std::string padding(80'000, ' ');
  MakeArchive(dir_ / "m.mar", ArchiveForm::kZip,
              {{"MAR-INF/MANIFEST.json", padding + R"({"runtime": "python", "model": {"modelName": "n",
                "modelVersion": "1", "handler": "base_handler", "serializedFile": "model.pt"}})"},
               {"model.pt", "weights"}});
  const Candidate model = ReadMar(dir_ / "m.mar", "m", {});
  EXPECT_TRUE(model.status.ok()) << model.status;
}

TEST_F(MarModelTest, ADelayWithoutBatchesIsNone) {
  Write("base_handler", R"(, "configFile": "c.yaml")");
  dir_.Write("m/c.yaml", "maxBatchDelay: 20\n");
  EXPECT_EQ(Read().versions[0].config.max_delay.count(), 0);
}

TEST_F(MarModelTest, ThatNeedPythonSaySo) {
  Write("service.py");
  dir_.Write("m/service.py");
  EXPECT_EQ(Read().status.code(), StatusCode::kUnsupported);
  EXPECT_THAT(WhyNot(), AllOf(HasSubstr("\"service.py\""), HasSubstr("needs a Python worker")));
  Write("text_classifier");
  EXPECT_THAT(WhyNot(), HasSubstr("needs a Python worker"));
  Write("image_classifier", R"(, "modelFile": "net.py")");
  dir_.Write("m/net.py");
  EXPECT_THAT(WhyNot(), HasSubstr("made by \"net.py\""));
}

TEST_F(MarModelTest, ThatAreNoneSayWhy) {
  Write("nothing_known");
  EXPECT_THAT(WhyNot(), HasSubstr("nothing_known"));
  Write("base_handler", "", "weights.bin");
  EXPECT_THAT(WhyNot(), HasSubstr("serializedFile: expected a TorchScript (.pt) or ONNX file"));
  Write("base_handler", R"(, "configFile": "missing.yaml")");
  EXPECT_THAT(WhyNot(), HasSubstr("missing.yaml"));
  dir_.Write("m/MAR-INF/MANIFEST.json", R"({"runtime": "python"})");
  EXPECT_THAT(WhyNot(), HasSubstr("Missing Model entry in manifest file."));
  dir_.Write("m/MAR-INF/MANIFEST.json", "{");
  EXPECT_EQ(Read().status.code(), StatusCode::kInvalidArgument);
  EXPECT_TRUE(Read().versions.empty());
}

TEST_F(MarModelTest, ReadNothingThatLiesOutside) {
  Write("base_handler", R"(, "configFile": "c.yaml")");
  dir_.Write("secret.yaml", "text that is nobody's business");
  std::filesystem::create_symlink(dir_ / "secret.yaml", dir_ / "m/c.yaml");
  EXPECT_THAT(WhyNot(), AllOf(HasSubstr("leads out of the model's folder"), testing::Not(HasSubstr("business"))));
  std::filesystem::remove(dir_ / "m/MAR-INF/MANIFEST.json");
  std::filesystem::create_symlink(dir_ / "secret.yaml", dir_ / "m/MAR-INF/MANIFEST.json");
  EXPECT_THAT(WhyNot(), testing::Not(HasSubstr("business")));
}

TEST_F(MarModelTest, TakeAnotherHandlerWhereSomebodySaysSo) {
  Write("service.py");
  dir_.Write("m/service.py");
  ReadOptions options;
  options.scan.mar_handler = "image_classifier";
  const Candidate model = ReadMar(dir_ / "m", "m", options);
  ASSERT_TRUE(model.status.ok()) << model.status;
  EXPECT_TRUE(model.versions[0].transform.image);
  options.scan.mar_handler = "text_classifier";
  EXPECT_THAT(ReadMar(dir_ / "m", "m", options).status.message(),
              AllOf(HasSubstr("\"text_classifier\""), HasSubstr("needs a Python worker")));
}

TEST_F(MarModelTest, SayOfThemselvesWhatTheyAre) {
  EXPECT_FALSE(*ReadMarFacts(dir_.Write("a.onnx")));
  EXPECT_FALSE(*ReadMarFacts(dir_.MakeFolder("plain")));
  EXPECT_FALSE(*ReadMarFacts(dir_ / "none.mar"));
  Write("base_handler", R"(, "configFile": "c.yaml")");
  dir_.Write("m/c.yaml", "minWorkers: -1\nbatchSize: 0\njobQueueSize: 5\n");
  const auto facts = ReadMarFacts(dir_ / "m");
  ASSERT_TRUE(facts.ok() && *facts) << facts.status();
  EXPECT_EQ((*facts)->manifest.model_name, "other");
  EXPECT_EQ((*facts)->config->job_queue_size, 5);
  EXPECT_FALSE((*facts)->config->min_workers);
  ASSERT_EQ((*facts)->config->findings.size(), 2U);
  EXPECT_THAT((*facts)->config->findings[0].ToString(), AllOf(HasSubstr("minWorkers"), HasSubstr("-1")));
  dir_.Write("m/MAR-INF/MANIFEST.json", R"({"runtime": "python"})");
  EXPECT_EQ(ReadMarFacts(dir_ / "m").status().message(), "m: Missing Model entry in manifest file.");
  EXPECT_THAT(ReadMarFacts(dir_.Write("b.mar", "PK no")).status().message(), testing::StartsWith("archive "));
  dir_.Write("secret.yaml", "text that is nobody's business");
  std::filesystem::remove(dir_ / "m/MAR-INF/MANIFEST.json");
  std::filesystem::create_symlink(dir_ / "secret.yaml", dir_ / "m/MAR-INF/MANIFEST.json");
  EXPECT_THAT(ReadMarFacts(dir_ / "m").status().message(), HasSubstr("leads out of the model's folder"));
}

TEST_F(MarModelTest, AreFoundAmongOtherModels) {
  Write("base_handler");
  dir_.Write("a.onnx");
  dir_.Write("broken.mar", "PK no");
  const auto scan = ScanRepository(std::vector{dir_.path()}, {});
  ASSERT_TRUE(scan.ok()) << scan.status();
  ASSERT_EQ(scan->models.size(), 2U);
  EXPECT_EQ(scan->models[1].id.name, "m");
  ASSERT_EQ(scan->problems.size(), 1U);
  EXPECT_EQ(scan->problems[0].name, "broken");
  const uint64_t before = scan->models[1].fingerprint;
  dir_.Write("m/model.pt", "other weights");
  EXPECT_NE(ScanRepository(std::vector{dir_.path()}, {})->models[1].fingerprint, before);
}

}  // namespace
}  // namespace trireme
