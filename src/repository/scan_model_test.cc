// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/testing/temp_dir.h"
#include "repository/labels.h"
#include "repository/scan.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<std::string> Models(const RepositoryScan& scan) {
  std::vector<std::string> names;
  for (const ModelEntry& model : scan.models) names.push_back(model.id.text());
  return names;
}

Result<RepositoryScan> ScanNamed(const fs::path& path, const std::string& name, const LoadOverride& instead = {},
                                 const fs::path& scratch = {}) {
  return ScanModel(std::vector{path}, name, {}, instead, scratch);
}

std::string Contents(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(ScanModel, FindsTheOneModel) {
  const TempDir dir;
  dir.Write("a/1/model.onnx");
  dir.Write("b/1/model.onnx");
  dir.Write("c.onnx");
  dir.Write("d.x.ONNX");
  dir.MakeFolder("e/1");
  for (const char* name : {"a", "b", "c", "d.x"}) {
    const auto scan = ScanNamed(dir.path(), name);
    ASSERT_TRUE(scan.ok()) << scan.status();
    EXPECT_THAT(Models(*scan), ElementsAre(std::string(name) + "/1"));
    EXPECT_THAT(scan->problems, IsEmpty());
    EXPECT_THAT(scan->notes, IsEmpty());
  }
  const auto broken = ScanNamed(dir.path(), "e");
  ASSERT_TRUE(broken.ok());
  EXPECT_THAT(broken->problems, SizeIs(1));
  EXPECT_THAT(Models(*ScanNamed(dir / "a", "a")), ElementsAre("a/1"));
  EXPECT_THAT(Models(*ScanNamed(dir / "c.onnx", "c")), ElementsAre("c/1"));
}

TEST(ScanModel, SaysThatThereIsNoSuchModel) {
  const TempDir dir;
  dir.Write("a/1/model.onnx");
  dir.Write("b.onnx");
  for (const char* name : {"z", "", "..", "a/1", "a.onnx", "a/../a"}) {
    for (const fs::path& path : {dir.path(), dir / "a", dir / "b.onnx", dir / "nowhere"}) {
      EXPECT_EQ(ScanNamed(path, name).status().code(), StatusCode::kNotFound) << name << " in " << path;
    }
  }
}

TEST(ScanModel, FindsWhatScanRepositoryFinds) {
  const TempDir dir;
  dir.Write("x/m/1/model.onnx");
  dir.Write("x/m/2/model.onnx");
  dir.Write("x/m/config.pbtxt", "version_policy { all {} }");
  dir.Write("x/twice/1/model.onnx");
  dir.Write("y/twice.onnx");
  const std::vector<fs::path> paths = {dir / "x", dir / "y"};
  const auto all = ScanRepository(paths, {});
  ASSERT_TRUE(all.ok());
  const auto m = ScanModel(paths, "m", {});
  ASSERT_TRUE(m.ok());
  ASSERT_THAT(Models(*m), ElementsAre("m/1", "m/2"));
  EXPECT_EQ(m->models[1].fingerprint, all->models[1].fingerprint);
  const auto twice = ScanModel(paths, "twice", {});
  ASSERT_TRUE(twice.ok());
  ASSERT_THAT(twice->problems, SizeIs(1));
  EXPECT_EQ(twice->problems[0].status.code(), StatusCode::kAlreadyExists);
}

TEST(ScanModel, AConfigOfTheRequestStandsForTheFile) {
  const TempDir dir;
  dir.Write("m/1/model.onnx");
  dir.Write("m/2/model.onnx");
  dir.Write("m/config.pbtxt", "max_batch_size: 4 this is no config");
  EXPECT_THAT(ScanNamed(dir.path(), "m")->problems, SizeIs(1));
  const auto scan =
      ScanNamed(dir.path(), "m", {.config_json = R"({"maxBatchSize": 2, "version_policy": {"all": {}}})", .files = {}});
  ASSERT_TRUE(scan.ok()) << scan.status();
  ASSERT_THAT(Models(*scan), ElementsAre("m/1", "m/2"));
  EXPECT_EQ(scan->models[0].config.max_request_rows, 2);
  EXPECT_EQ(scan->models[0].declared.file, "config");
  EXPECT_EQ(scan->models[0].folder, dir / "m");
}

TEST(ScanModel, AConfigOfTheRequestMayBeForAPlainFile) {
  const TempDir dir;
  dir.Write("m.onnx");
  const auto scan = ScanNamed(dir.path(), "m", {.config_json = R"({"max_batch_size": 2})", .files = {}});
  ASSERT_TRUE(scan.ok()) << scan.status();
  ASSERT_THAT(Models(*scan), ElementsAre("m/1"));
  EXPECT_EQ(scan->models[0].config.max_request_rows, 2);
}

// Else whoever may send a config could read what lies beside the file.
TEST(ScanModel, APlainFileHasNoOtherFiles) {
  const TempDir dir;
  dir.Write("m.onnx");
  dir.Write("secret.txt", "secret");
  dir.Write("warmup/secret.txt", "0123");
  const auto labels = ScanNamed(
      dir.path(), "m", {.config_json = R"({"output": [{"name": "y", "label_filename": "secret.txt"}]})", .files = {}});
  ASSERT_TRUE(labels.ok()) << labels.status();
  const ReadLabelsResult read = ReadLabels(labels->models.at(0), {.outputs = {{.name = "y", .shape = {4}}}});
  EXPECT_THAT(read.labels, IsEmpty());
  ASSERT_THAT(read.findings, SizeIs(1));
  EXPECT_THAT(read.findings[0].ToString(), HasSubstr("a file without a folder of its own"));
  const auto warmup = ScanNamed(dir.path(), "m",
                                {.config_json = R"({"model_warmup": [{"name": "w", "inputs": {"x": {"dims": [1],
                                     "data_type": "TYPE_FP32", "input_data_file": "secret.txt"}}}]})",
                                 .files = {}});
  EXPECT_EQ(warmup.status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(warmup.status().message(), HasSubstr("a file without a folder of its own"));
}

TEST(ScanModel, AConfigThatIsNotValidIsTheRequestsMistake) {
  const TempDir dir;
  dir.Write("m/1/model.onnx");
  for (const char* json : {"{", "{\"max_batch\": 3}", "{\"name\": \"other\"}", "{\"max_batch_size\": -1}"}) {
    const auto scan = ScanNamed(dir.path(), "m", {.config_json = json, .files = {}});
    EXPECT_EQ(scan.status().code(), StatusCode::kInvalidArgument) << json;
    EXPECT_THAT(scan.status().message(), HasSubstr("config: ")) << json;
  }
  const auto python = ScanNamed(dir.path(), "m", {.config_json = R"({"backend": "python"})", .files = {}});
  ASSERT_TRUE(python.ok());
  EXPECT_EQ(python->problems.at(0).status.code(), StatusCode::kUnsupported);
  EXPECT_EQ(ScanNamed(dir.path(), "z", {.config_json = "{}", .files = {}}).status().code(), StatusCode::kNotFound);
}

TEST(ScanModel, FilesOfTheRequestAreAllThatTheModelHas) {
  const TempDir dir;
  dir.Write("r/m/1/model.onnx", "old");
  dir.Write("r/m/9/model.onnx", "old");
  const auto scan =
      ScanNamed(dir / "r", "m",
                {.config_json = R"({"version_policy": {"all": {}}})",
                 .files = {{"3/model.onnx", "new"}, {"3/deep/weights.bin", "w"}, {"5/model.onnx", "newer"}}},
                dir.MakeFolder("scratch"));
  ASSERT_TRUE(scan.ok()) << scan.status();
  ASSERT_THAT(Models(*scan), ElementsAre("m/3", "m/5"));
  EXPECT_EQ(Contents(scan->models[0].path), "new");
  EXPECT_EQ(Contents(scan->models[1].path), "newer");
  EXPECT_EQ(Contents(dir / "scratch/m/3/deep/weights.bin"), "w");
  EXPECT_EQ(scan->models[0].folder, dir / "scratch/m");
}

TEST(ScanModel, FilesOfTheRequestNeedNoModelInTheRepository) {
  const TempDir dir;
  const auto scan = ScanNamed(dir / "nowhere", "new", {.config_json = "{}", .files = {{"1/model.onnx", "x"}}},
                              dir.MakeFolder("scratch"));
  ASSERT_TRUE(scan.ok()) << scan.status();
  EXPECT_THAT(Models(*scan), ElementsAre("new/1"));
}

TEST(ScanModel, FilesOfTheRequestStayInTheirFolder) {
  const std::string long_part(256, 'a');
  for (const std::string& name :
       {std::string(), std::string("model.onnx"), std::string("/1/model.onnx"), std::string("1"), std::string("1/"),
        std::string("1//model.onnx"), std::string("01/model.onnx"), std::string("0/model.onnx"),
        std::string("-1/model.onnx"), std::string("../1/model.onnx"), std::string("1/../model.onnx"),
        std::string("1/a/../../../x"), std::string("1/."), std::string("1/.."), std::string("1/a\0b", 5),
        std::string("1/a\nb"), "1/" + long_part, std::string("1/a/b/c/d/e/f/g/h/i"), std::string("x/model.onnx")}) {
    const TempDir dir;
    const auto scan =
        ScanNamed(dir / "r", "m", {.config_json = "{}", .files = {{name, "x"}}}, dir.MakeFolder("scratch"));
    EXPECT_EQ(scan.status().code(), StatusCode::kInvalidArgument) << name;
    EXPECT_TRUE(fs::is_empty(dir / "scratch")) << name;
  }
}

TEST(ScanModel, FilesOfTheRequestMustMakeAModel) {
  const TempDir dir;
  const fs::path scratch = dir.MakeFolder("scratch");
  const auto scan = [&](const std::string& name, const LoadOverride& instead) {
    return ScanNamed(dir / "r", name, instead, scratch);
  };
  EXPECT_THAT(scan("m", {.config_json = "", .files = {{"1/model.onnx", "x"}}}).status().message(),
              HasSubstr("need a config as well"));
  EXPECT_EQ(scan("../m", {.config_json = "{}", .files = {{"1/model.onnx", "x"}}}).status().code(),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(scan("a", {.config_json = "{}", .files = {{"1/x", "x"}, {"1/x/y", "x"}}}).status().code(),
            StatusCode::kInvalidArgument);
  const auto none = scan("b", {.config_json = "{}", .files = {{"1/readme", "x"}}});
  ASSERT_TRUE(none.ok());
  EXPECT_THAT(none->problems, SizeIs(1));
}

}  // namespace
}  // namespace trireme
