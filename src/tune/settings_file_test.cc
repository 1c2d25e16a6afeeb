// SPDX-License-Identifier: Apache-2.0
#include "tune/settings_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "base/testing/temp_dir.h"

namespace trireme::tune {
namespace {

TEST(SettingsText, IsWhatServeReads) {
  const Candidate candidate = {
      .max_batch = 8, .callers = 2, .threads = 1, .max_delay = std::chrono::milliseconds(2), .device = "cuda:0"};
  EXPECT_EQ(SettingsText(candidate, "/models/a \"b\".onnx", "Found.\nTwice."),
            "# Found.\n# Twice.\n"
            "paths: \"/models/a \\\"b\\\".onnx\"\n"
            "max-batch: 8\ninstances: 2\nthreads: 1\nmax-delay: 2ms\ndevices: cuda:0\n");
}

TEST(SettingsText, LeavesToTheServerWhatItFindsOutBest) {
  EXPECT_EQ(SettingsText(Candidate(), "/m.onnx", ""),
            "paths: \"/m.onnx\"\nmax-batch: 0\ninstances: 0\nthreads: 0\nmax-delay: 0\n");
  EXPECT_EQ(SettingsText(Candidate(), "/m.onnx", "", "p99=100ms"),
            "paths: \"/m.onnx\"\nmax-batch: 0\ninstances: 0\nthreads: 0\nmax-delay: 0\nslo: p99=100ms\n");
}

TEST(SettingsText, TellsTheServerItsGoalWithWhateverSettings) {
  const Candidate candidate = {.max_batch = 8, .callers = 2, .threads = 1};
  EXPECT_EQ(SettingsText(candidate, "/m.onnx", "", "p99.9=20ms"),
            "paths: \"/m.onnx\"\nmax-batch: 8\ninstances: 2\nthreads: 1\nmax-delay: 0\nslo: p99.9=20ms\n");
  EXPECT_THAT(SettingsText(candidate, "/m.onnx", "", "a \"b\":p99=1s"),
              testing::HasSubstr("\nslo: \"a \\\"b\\\":p99=1s\"\n"));
}

TEST(WriteWhole, LeavesNothingBesideTheFile) {
  const TempDir dir;
  ASSERT_TRUE(WriteWhole(dir / "a.yaml", "old").ok());
  ASSERT_TRUE(WriteWhole(dir / "a.yaml", "new").ok());
  std::ifstream in(dir / "a.yaml");
  EXPECT_EQ((std::string{std::istreambuf_iterator<char>(in), {}}), "new");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir.path()), {}), 1);
  EXPECT_EQ(WriteWhole(dir / "none" / "a.yaml", "x").code(), StatusCode::kUnavailable);
}

}  // namespace
}  // namespace trireme::tune
