// SPDX-License-Identifier: Apache-2.0
#include "backends/onnx/model_file.h"

#include <gtest/gtest.h>

#include <string>

#include "base/testing/temp_dir.h"

namespace trireme::onnx {
namespace {

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

}  // namespace
}  // namespace trireme::onnx
