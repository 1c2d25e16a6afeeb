// SPDX-License-Identifier: Apache-2.0
// Repositories that somebody has made a mess of, or is making one of just now.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "base/testing/temp_dir.h"
#include "repository/scan.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;
using ::testing::AnyOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

RepositoryScan Scan(const fs::path& path) {
  const std::vector<fs::path> paths = {path};
  auto scan = ScanRepository(paths, {});
  EXPECT_TRUE(scan.ok()) << scan.status();
  return std::move(scan).value();
}

std::vector<std::string> Models(const RepositoryScan& scan) {
  std::vector<std::string> names;
  for (const ModelEntry& model : scan.models) names.push_back(model.id.text());
  return names;
}

TEST(ScanOfAMess, NamesWithControlCharactersAreShownAsText) {
  const TempDir dir;
  dir.Write("good/1/model.onnx");
  dir.Write("new\nline/1/model.onnx");
  dir.Write("bell\a.onnx");
  dir.Write("esc\x1b[31m/1/model.onnx");
  const RepositoryScan scan = Scan(dir.path());
  EXPECT_THAT(Models(scan), ElementsAre("good/1"));
  ASSERT_THAT(scan.problems, SizeIs(3));
  for (const ModelProblem& problem : scan.problems) {
    EXPECT_EQ(problem.name, "");
    for (const std::string& text : {problem.status.message(), problem.shown_name}) {
      EXPECT_THAT(std::vector<int>(text.begin(), text.end()), Each(::testing::Ge(' '))) << text;
    }
  }
}

TEST(ScanOfAMess, NamesMayBeAsLongAsAFileSystemLetsThem) {
  const TempDir dir;
  const std::string longest(255, 'a');
  dir.Write(fs::path(longest) / "1/model.onnx");
  EXPECT_THAT(Models(Scan(dir.path())), ElementsAre(longest + "/1"));
  const std::vector<fs::path> paths = {dir / std::string(10'000, 'a')};
  const auto scan = ScanRepository(paths, {});
  ASSERT_TRUE(scan.ok());
  EXPECT_THAT(scan->models, IsEmpty());
  EXPECT_THAT(scan->problems, SizeIs(1));
  EXPECT_EQ(ScanModel(std::vector<fs::path>{dir.path()}, std::string(10'000, 'a'), {}).status().code(),
            StatusCode::kNotFound);
  EXPECT_EQ(ScanModel(std::vector<fs::path>{dir.path()}, "../" + dir.path().filename().string(), {}).status().code(),
            StatusCode::kNotFound);
}

TEST(ScanOfAMess, WhatStandsInAModelsPlaceIsNotOpened) {
  const TempDir dir;
  dir.Write("good/1/model.onnx");
  for (const char* name : {"pipe/1", "device/1", "folder/1/model.onnx"}) dir.MakeFolder(name);
  ASSERT_EQ(mkfifo((dir / "pipe/1/model.onnx").c_str(), 0600), 0);
  fs::create_symlink("/dev/zero", dir / "device/1/model.onnx");
  const RepositoryScan scan = Scan(dir.path());
  EXPECT_THAT(Models(scan), ElementsAre("good/1"));
  ASSERT_THAT(scan.problems, SizeIs(3));
  EXPECT_EQ(scan.problems[0].name, "device");
  EXPECT_THAT(scan.problems[0].status.message(), HasSubstr("neither a file nor a folder"));
  EXPECT_EQ(scan.problems[1].name, "folder");
  EXPECT_EQ(scan.problems[2].name, "pipe");
}

TEST(ScanOfAMess, FilesOfAnotherKindStandForNoFolder) {
  const TempDir dir;
  dir.Write("good/1/model.onnx");
  dir.Write("m/1");
  dir.Write("m/config.pbtxt");
  const RepositoryScan scan = Scan(dir.path());
  EXPECT_THAT(Models(scan), ElementsAre("good/1"));
  ASSERT_THAT(scan.problems, SizeIs(1));
  EXPECT_THAT(scan.problems[0].status.message(), HasSubstr("has no version"));
}

TEST(ScanOfAMess, LinksInACircleEndTheScanAllTheSame) {
  const TempDir dir;
  dir.Write("good/1/model.onnx");
  fs::create_directory_symlink(".", dir / "again");
  fs::create_directory_symlink("..", dir / "good/1/up");
  fs::create_directory_symlink("loop", dir / "loop");
  EXPECT_THAT(Models(Scan(dir.path())), ElementsAre("good/1"));
}

// Whatever takes whose place between two calls: a scan says something of each model, and ends.
TEST(ScanOfAMess, GoesOnWhileThingsTakeEachOthersPlace) {
  const TempDir dir;
  dir.Write("good/1/model.onnx");
  dir.MakeFolder("m/1");
  std::atomic<bool> done = false;  // a lone flag
  std::thread other([&] {
    std::error_code ignored;
    for (int turn = 0; !done; ++turn) {
      const fs::path place = dir / (turn % 2 == 0 ? "m/1/model.onnx" : "m/1");
      fs::remove_all(place, ignored);
      if (turn % 5 == 0) mkfifo(place.c_str(), 0600);
      if (turn % 5 == 1) fs::create_directory(place, ignored);
      if (turn % 5 == 2) fs::create_symlink("/dev/zero", place, ignored);
      if (turn % 5 == 3) fs::create_directory_symlink(".", place, ignored);
      fs::remove_all(dir / "m/1", ignored);
      fs::create_directories(dir / "m/1", ignored);
    }
  });
  for (int i = 0; i < 300; ++i) {
    const RepositoryScan scan = Scan(dir.path());
    EXPECT_THAT(Models(scan), AnyOf(ElementsAre("good/1"), ElementsAre("good/1", "m/1")));
  }
  done = true;
  other.join();
}

}  // namespace
}  // namespace trireme
