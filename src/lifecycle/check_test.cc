// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/testing/temp_dir.h"
#include "lifecycle/testing/fake_models.h"

namespace trireme {
namespace {

using testing::HasSubstr;

class CheckTest : public testing::Test {
 protected:
  CheckReport Check() {
    const std::vector<std::filesystem::path> paths = {folder_.path()};
    auto report = CheckRepository(paths, {}, models_.backends, /*cpus=*/2);
    EXPECT_TRUE(report.ok());
    return std::move(report).value();
  }
  void Write(const std::string& name, const std::string& config, const std::string& contents = "good") {
    folder_.Write(name + "/1/model.onnx", contents);
    if (!config.empty()) folder_.Write(name + "/config.pbtxt", config);
  }
  // The first error about a model.
  static Finding ErrorOf(const CheckedModel& model) {
    const auto found = std::find_if(model.findings.begin(), model.findings.end(),
                                    [](const Finding& f) { return f.severity == Finding::Severity::kError; });
    EXPECT_NE(found, model.findings.end()) << model.id.name;
    return found == model.findings.end() ? Finding() : *found;
  }

  const TempDir folder_;
  FakeModels models_;
};

TEST_F(CheckTest, SaysWhatWouldBeServedWithoutLoadingIt) {
  Write("a", "");
  const CheckReport report = Check();
  EXPECT_TRUE(report.ok());
  ASSERT_EQ(report.models.size(), 1U);
  const CheckedModel& model = report.models[0];
  EXPECT_TRUE(model.servable);
  EXPECT_EQ(model.id.text(), "a/1");
  EXPECT_EQ(model.backend, "onnx");
  EXPECT_EQ(model.format, "fake model");
  EXPECT_EQ(model.weight_bytes, 1000U);
  EXPECT_EQ(model.config.instances, 2);
  EXPECT_EQ(model.signature.inputs.at(0).name, "x");
  EXPECT_EQ(models_.script->opens(), 0);
}

TEST_F(CheckTest, SaysHowToGetAPlugInThatIsNotThere) {
  folder_.Write("t/1/model.pt", "weights");
  const CheckReport report = Check();
  ASSERT_EQ(report.models.size(), 1U);
  const Finding error = ErrorOf(report.models[0]);
  EXPECT_THAT(error.found, HasSubstr("libtrireme_torch.so does not exist"));
  EXPECT_EQ(error.fix, "'./dev build --with torch' installs libtorch and makes it");
}

TEST_F(CheckTest, NamesOfClassesThatCannotBeReadAreTheirFilesMistake) {
  folder_.Write("m/MAR-INF/MANIFEST.json", R"({"model": {"modelName": "m", "modelVersion": "1.0",
      "serializedFile": "m.onnx", "handler": "image_classifier"}})");
  folder_.Write("m/m.onnx", "good");
  for (const char* names : {"[\"cat\"]", "{\"0\": "}) {
    folder_.Write("m/index_to_name.json", names);
    const CheckReport report = Check();
    ASSERT_EQ(report.models.size(), 1U);
    EXPECT_EQ(ErrorOf(report.models[0]).fix, "correct the file index_to_name.json") << names;
  }
  folder_.Write("m/index_to_name.json", "{\"0\": \"cat\"}");
  EXPECT_EQ(ErrorOf(Check().models.at(0)).fix, "pack the model with another handler");
}

TEST_F(CheckTest, ReportsTwoModelsWithProblemsSideBySide) {
  Write("a", R"(input { name: "x" data_type: TYPE_INT32 dims: [4] })");
  Write("b", "", "bad");
  Write("c", "");
  const CheckReport report = Check();
  EXPECT_FALSE(report.ok());
  ASSERT_EQ(report.models.size(), 3U);
  const Finding a = ErrorOf(report.models[0]);
  EXPECT_EQ(a.file.filename(), "config.pbtxt");
  EXPECT_EQ(a.field, "input[0].data_type");
  EXPECT_THAT(a.found, HasSubstr("INT32"));
  const Finding b = ErrorOf(report.models[1]);
  EXPECT_EQ(b.file.filename(), "model.onnx");
  EXPECT_THAT(b.found, HasSubstr("is bad"));
  EXPECT_TRUE(report.models[2].servable);
}

TEST_F(CheckTest, ReadsRecordedRequests) {
  Write("a", "");
  Write("b", "");
  folder_.Write("a/warmup/r.json", "good");
  const std::filesystem::path file = folder_.Write("b/1/warmup/r.json", "bad");
  const auto read = [](const std::string& body, const RequestTarget& target, MemoryPool& /*pool*/) {
    EXPECT_EQ(target.signature.inputs.at(0).name, "x");
    return body == "good" ? Result<RunnableRequest>(RunnableRequest()) : InvalidArgument("inputs: expected an array");
  };
  const std::vector<std::filesystem::path> paths = {folder_.path()};
  const auto report = CheckRepository(paths, {}, models_.backends, /*cpus=*/2, read);
  ASSERT_TRUE(report.ok() && report->models.size() == 2);
  EXPECT_TRUE(report->models[0].servable);
  EXPECT_FALSE(report->models[1].servable);
  const Finding finding = ErrorOf(report->models[1]);
  EXPECT_EQ(finding.file, file);
  EXPECT_EQ(finding.found, "inputs: expected an array");
}

TEST_F(CheckTest, LooksAtLabelsAndWarmUpFiles) {
  Write("labels", R"(output { name: "y" data_type: TYPE_FP32 dims: [4] label_filename: "missing.txt" })");
  Write("warm", R"(max_batch_size: 4
      model_warmup { name: "w" batch_size: 1
        inputs { key: "x" value { data_type: TYPE_FP32 dims: [4] input_data_file: "row" } } })");
  folder_.Write("warm/warmup/row", "1234");
  const CheckReport report = Check();
  ASSERT_EQ(report.models.size(), 2U);
  EXPECT_THAT(ErrorOf(report.models[0]).ToString(), HasSubstr("missing.txt"));
  EXPECT_THAT(ErrorOf(report.models[1]).ToString(), HasSubstr("16"));
}

TEST_F(CheckTest, ReportsWhatBelongsToNoModel) {
  const CheckReport report = Check();
  EXPECT_FALSE(report.ok());
  EXPECT_TRUE(report.models.empty());
  ASSERT_FALSE(report.findings.empty());
  EXPECT_EQ(report.findings[0].file, folder_.path());
}

TEST_F(CheckTest, ReportsWhatCannotEvenBeGivenAVersion) {
  folder_.MakeFolder("empty/1");
  const CheckReport report = Check();
  ASSERT_EQ(report.models.size(), 1U);
  EXPECT_EQ(report.models[0].id, (ModelId{"empty", 0}));
  EXPECT_FALSE(report.models[0].servable);
  EXPECT_FALSE(ErrorOf(report.models[0]).found.empty());
}

TEST(CheckDecoupledModels, SaysThatTheyAreAndWhatTheyCannot) {
  const TempDir folder;
  folder.Write("a/1/model.onnx", "good");
  folder.Write("b/1/model.onnx", "good");
  folder.Write("b/config.pbtxt", "dynamic_batching { preserve_ordering: true }");
  FakeModels models({.decoupled = true});
  const std::vector<std::filesystem::path> paths = {folder.path()};
  const auto report = CheckRepository(paths, {}, models.backends, /*cpus=*/2);
  ASSERT_TRUE(report.ok());
  ASSERT_EQ(report->models.size(), 2U);
  EXPECT_TRUE(report->models[0].servable);
  EXPECT_TRUE(report->models[0].config.decoupled);
  EXPECT_FALSE(report->models[1].servable);
  EXPECT_THAT(report->models[1].findings.back().ToString(), HasSubstr("preserve_ordering"));
}

TEST_F(CheckTest, NamesWhatAConfigLeavesOpenOfAModelWithoutAFile) {
  folder_.MakeFolder("r/1");
  folder_.Write("r/config.pbtxt", R"(backend: "repeat" input { name: "IN" dims: [ -1 ] })");
  const CheckReport report = Check();
  ASSERT_EQ(report.models.size(), 1U);
  EXPECT_FALSE(report.models[0].servable);
}

}  // namespace
}  // namespace trireme
