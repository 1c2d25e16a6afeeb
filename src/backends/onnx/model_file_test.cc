// SPDX-License-Identifier: Apache-2.0
#include "backends/onnx/model_file.h"

#include <gtest/gtest.h>

#include <string>

#include "base/testing/temp_dir.h"

namespace trireme::onnx {
namespace {

onnxfile::ModelSummary WithDataFile(const std::string& location) {
  onnxfile::ModelSummary summary;
  summary.data_files = {location};
  return summary;
}

TEST(FindModelFile, TakesAFileAsItIs) {
  const TempDir folder;
  EXPECT_EQ(FindModelFile(folder.Write("any.name")), folder / "any.name");
  EXPECT_EQ(FindModelFile(folder / "missing.onnx"), folder / "missing.onnx");
}

TEST(FindModelFile, PrefersModelOnnxOfAFolder) {
  const TempDir folder;
  folder.Write("a.onnx");
  folder.Write("model.onnx");
  EXPECT_EQ(FindModelFile(folder.path()), folder / "model.onnx");
}

TEST(FindModelFile, TakesTheOnlyOneOfAFolderAndGuessesNot) {
  const TempDir folder;
  folder.Write("labels.txt");
  EXPECT_EQ(FindModelFile(folder.path()), std::nullopt);
  folder.Write("a.onnx");
  EXPECT_EQ(FindModelFile(folder.path()), folder / "a.onnx");
  folder.Write("b.onnx");
  EXPECT_EQ(FindModelFile(folder.path()), std::nullopt);
}

TEST(CheckDataFiles, AllowsWhatLiesBesideOrBelowTheModel) {
  EXPECT_TRUE(CheckDataFiles(WithDataFile("model.onnx_data")).ok());
  EXPECT_TRUE(CheckDataFiles(WithDataFile("weights/part..1")).ok());
}

TEST(CheckDataFiles, RefusesWhatLeavesTheFolder) {
  for (const std::string location : {"/etc/passwd", "../other/weights", "a/../../b", "..", ""}) {
    EXPECT_EQ(CheckDataFiles(WithDataFile(location)).code(), StatusCode::kInvalidArgument) << location;
  }
}

}  // namespace
}  // namespace trireme::onnx
