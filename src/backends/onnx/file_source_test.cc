// SPDX-License-Identifier: Apache-2.0
#include "backends/onnx/file_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "base/testing/temp_dir.h"

namespace trireme::onnx {
namespace {

using testing::HasSubstr;

TEST(FileSource, ReadsWhatTheFileHas) {
  const TempDir folder;
  const auto source = OpenFileSource(folder.Write("a", std::string(10'000, 'a') + "end"));
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ((*source)->size(), 10'003U);
  EXPECT_EQ((*source)->At(9'999, 20), "aend");
}

TEST(FileSource, SaysWhatIsNoFile) {
  const TempDir folder;
  EXPECT_EQ(OpenFileSource(folder / "missing").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(OpenFileSource(folder.path()).status().code(), StatusCode::kInvalidArgument);
}

TEST(FileSource, CallsAFileThatShrinksAnError) {
  const TempDir folder;
  const auto path = folder.Write("a", std::string(100'000, 'a'));
  const auto source = OpenFileSource(path);
  ASSERT_TRUE(source.ok()) << source.status();
  std::filesystem::resize_file(path, 10);
  EXPECT_EQ((*source)->At(50'000, 20), "");
  EXPECT_THAT((*source)->status().message(), HasSubstr("became shorter"));
}

}  // namespace
}  // namespace trireme::onnx
