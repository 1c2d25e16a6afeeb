// SPDX-License-Identifier: Apache-2.0
#include "repository/scan_at.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/testing/temp_dir.h"
#include "onnxfile/testing/test_models.h"
#include "repository/version_files.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::string kName = "a81f3c/odd name: é";

// The versions found, as "VERSION FILE" with the file's path below `path`.
std::vector<std::string> Found(const fs::path& path, const std::string& name = kName) {
  const auto scan = ScanModelAt(path, name, {});
  EXPECT_TRUE(scan.ok()) << scan.status();
  std::vector<std::string> found;
  if (!scan.ok()) return found;
  for (const ModelProblem& problem : scan->problems) found.push_back(problem.status.message());
  for (const ModelEntry& model : scan->models) {
    EXPECT_EQ(model.id.name, name);
    EXPECT_EQ(model.root, path);
    found.push_back(std::to_string(model.id.version) + " " + model.path.lexically_relative(path).string());
  }
  return found;
}

Status ProblemAt(const fs::path& path) {
  const auto scan = ScanModelAt(path, kName, {});
  if (!scan.ok()) return scan.status();
  EXPECT_THAT(scan->models, IsEmpty());
  EXPECT_THAT(scan->problems, SizeIs(1));
  EXPECT_EQ(scan->problems.at(0).name, kName);
  return scan->problems.at(0).status;
}

TEST(ScanModelAt, FindsAModelWhateverItsFolderIsCalled) {
  const TempDir dir;
  dir.Write("flat/model.onnx");
  dir.Write("only/resnet.onnx");
  dir.Write("triton/1/model.onnx");
  dir.Write("named/resnet/3/model.onnx");
  dir.Write("packed/resnet/model.onnx");
  dir.Write("packed/code/inference.py");
  EXPECT_THAT(Found(dir / "flat"), ElementsAre("1 model.onnx"));
  EXPECT_THAT(Found(dir / "only"), ElementsAre("1 resnet.onnx"));
  EXPECT_THAT(Found(dir / "only/resnet.onnx"), ElementsAre("1 ."));
  EXPECT_THAT(Found(dir / "triton"), ElementsAre("1 1/model.onnx"));
  EXPECT_THAT(Found(dir / "named"), ElementsAre("3 resnet/3/model.onnx"));
  EXPECT_THAT(Found(dir / "packed"), ElementsAre("1 resnet/model.onnx"));
}

TEST(ScanModelAt, ReadsTheConfigAndLetsItCallTheModelOtherwise) {
  const TempDir dir;
  dir.Write("m/config.pbtxt", "name: 'resnet' max_batch_size: 4 version_policy { all {} }");
  dir.Write("m/1/model.onnx");
  dir.Write("m/2/model.onnx");
  dir.Write("flat/config.pbtxt", "name: 'resnet' max_batch_size: 4 default_model_filename: 'net.onnx'");
  dir.Write("flat/net.onnx");
  dir.Write("flat/other.onnx");
  EXPECT_THAT(Found(dir / "m"), ElementsAre("1 1/model.onnx", "2 2/model.onnx"));
  EXPECT_THAT(Found(dir / "flat"), ElementsAre("1 net.onnx"));
  for (const char* folder : {"m", "flat"}) {
    const auto scan = ScanModelAt(dir / folder, kName, {});
    EXPECT_EQ(scan->models.at(0).config.max_request_rows, 4);
    EXPECT_EQ(scan->models.at(0).folder, dir / folder);
  }
}

TEST(ScanModelAt, ServesTheNewestOfSeveralVersions) {
  const TempDir dir;
  dir.Write("m/1/model.onnx");
  dir.Write("m/12/model.onnx");
  EXPECT_THAT(Found(dir / "m"), ElementsAre("12 12/model.onnx"));
}

TEST(ScanModelAt, SaysThatNothingLiesThere) {
  const TempDir dir;
  dir.MakeFolder("empty");
  dir.Write("text/readme.txt");
  fs::create_symlink(dir / "nowhere", dir / "broken");
  for (const char* name : {"empty", "text", "text/readme.txt", "nowhere", "broken"}) {
    EXPECT_EQ(ProblemAt(dir / name).code(), StatusCode::kNotFound) << name;
  }
  EXPECT_THAT(ProblemAt(dir / "text").message(), HasSubstr("found \"readme.txt\""));
}

TEST(ScanModelAt, SaysWhyAModelCannotBeServed) {
  const TempDir dir;
  dir.Write("config/config.pbtxt", "max_batch_size: 'four'");
  dir.Write("config/1/model.onnx");
  dir.Write("trt/model.plan");
  dir.Write("several/a/1/model.onnx");
  dir.Write("several/b/1/model.onnx");
  dir.Write("two/a.onnx");
  dir.Write("two/b.onnx");
  EXPECT_EQ(ProblemAt(dir / "config").code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(ProblemAt(dir / "trt").code(), StatusCode::kUnsupported);
  EXPECT_THAT(ProblemAt(dir / "several").message(), HasSubstr("expected one model, found 2: \"a\", \"b\""));
  EXPECT_THAT(ProblemAt(dir / "two").message(), HasSubstr("expected model.onnx, found \"a.onnx\", \"b.onnx\""));
}

TEST(ScanModelAt, RefusesALinkToTheFilesOfAnother) {
  const TempDir dir;
  dir.Write("other/model.onnx");
  dir.Write("inside/weights/1.onnx");
  dir.MakeFolder("linked/1");
  fs::create_symlink(dir / "other/model.onnx", dir / "linked/1/model.onnx");
  fs::create_symlink("weights/1.onnx", dir / "inside/model.onnx");
  EXPECT_THAT(ProblemAt(dir / "linked").message(), HasSubstr("a link out of it"));
  EXPECT_THAT(Found(dir / "inside"), ElementsAre("1 model.onnx"));
  fs::create_directory_symlink(dir / "other", dir / "link");
  EXPECT_THAT(Found(dir / "link"), ElementsAre("1 model.onnx"));
}

TEST(ScanModelAt, TakesAnyNameThatIsText) {
  const TempDir dir;
  dir.Write("m/model.onnx");
  for (const std::string name : {"..", "/", "a b", "%2F", "ü"}) EXPECT_THAT(Found(dir / "m", name), SizeIs(1)) << name;
  for (const std::string& name : {std::string(), std::string(256, 'n'), std::string("a\nb"), std::string("\xff"),
                                  std::string("a\0b", 3), std::string("\x7f")}) {
    EXPECT_EQ(ScanModelAt(dir / "m", name, {}).status().code(), StatusCode::kInvalidArgument);
  }
}

TEST(ScanModelAt, FindsTheSameFilesInEveryShape) {
  const TempDir dir;
  const std::string model = onnxfile::AddModel();
  for (const char* file : {"a/model.onnx", "b/net.onnx", "c/1/model.onnx", "d/model.onnx"}) dir.Write(file, model);
  dir.Write("d/config.pbtxt", "max_batch_size: 0");
  for (const char* folder : {"a", "b", "c", "d"}) {
    const auto scan = ScanModelAt(dir / folder, kName, {});
    ASSERT_TRUE(scan.ok() && scan->models.size() == 1) << folder;
    const auto files = FilesOfVersion(scan->models.front());
    ASSERT_TRUE(files.ok()) << files.status();
    EXPECT_EQ(files->model, "model.onnx");
    EXPECT_THAT(files->files, SizeIs(1));
  }
}

}  // namespace
}  // namespace trireme
