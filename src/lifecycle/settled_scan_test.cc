// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/settled_scan.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace trireme {
namespace {

// Models by name and fingerprint.
RepositoryScan Scan(const std::vector<std::pair<std::string, uint64_t>>& models) {
  RepositoryScan scan;
  for (const auto& [name, fingerprint] : models) {
    ModelEntry entry;
    entry.id = {name, 1};
    entry.fingerprint = fingerprint;
    scan.models.push_back(entry);
  }
  return scan;
}

RepositoryScan Settled(const RepositoryScan& applied, const RepositoryScan& previous, const RepositoryScan& current) {
  return SettledScan(applied, previous, current).scan;
}

TEST(SettledScan, TakesWhatTwoLooksHaveSeenTheSame) {
  EXPECT_TRUE(SaysTheSame(Settled(Scan({}), Scan({{"a", 1}}), Scan({{"a", 1}})), Scan({{"a", 1}})));
  EXPECT_TRUE(SaysTheSame(Settled(Scan({{"a", 1}}), Scan({{"a", 2}}), Scan({{"a", 2}})), Scan({{"a", 2}})));
}

TEST(SettledScan, KeepsWhatWasAppliedWhileSomethingChanges) {
  EXPECT_TRUE(SaysTheSame(Settled(Scan({}), Scan({}), Scan({{"a", 1}})), Scan({})));
  EXPECT_TRUE(SaysTheSame(Settled(Scan({{"a", 1}}), Scan({{"a", 2}}), Scan({{"a", 3}})), Scan({{"a", 1}})));
}

TEST(SettledScan, LetsAModelGoWhenItIsMissedTwice) {
  EXPECT_TRUE(SaysTheSame(Settled(Scan({{"a", 1}}), Scan({{"a", 1}}), Scan({})), Scan({{"a", 1}})));
  EXPECT_TRUE(SaysTheSame(Settled(Scan({{"a", 1}}), Scan({}), Scan({})), Scan({})));
}

TEST(SettledScan, DoesNotLetOneModelHoldUpTheOthers) {
  const RepositoryScan settled =
      Settled(Scan({}), Scan({{"copied", 1}, {"done", 1}}), Scan({{"copied", 2}, {"done", 1}}));
  EXPECT_TRUE(SaysTheSame(settled, Scan({{"done", 1}})));
}

TEST(SettledScan, TreatsProblemsLikeModels) {
  RepositoryScan broken;
  broken.problems.push_back({.path = "/m/a", .name = "a", .status = InvalidArgument("no file"), .findings = {}});
  EXPECT_TRUE(SaysTheSame(Settled(Scan({{"a", 1}}), Scan({{"a", 1}}), broken), Scan({{"a", 1}})));
  EXPECT_TRUE(SaysTheSame(Settled(Scan({{"a", 1}}), broken, broken), broken));
}

TEST(SettledScan, WantsAnotherLookForWhatItHasSeenOnce) {
  EXPECT_FALSE(SettledScan(Scan({}), Scan({}), Scan({{"a", 1}})).confirmed);
  EXPECT_TRUE(SettledScan(Scan({}), Scan({{"a", 1}}), Scan({{"a", 1}})).confirmed);
  EXPECT_FALSE(SettledScan(Scan({}), Scan({{"a", 1}}), Scan({})).confirmed);
  EXPECT_TRUE(SettledScan(Scan({{"a", 1}}), Scan({}), Scan({})).confirmed);
}

// Two models with folders, one that is a file, and one that is none yet.
RepositoryScan Several(uint64_t fingerprint) {
  RepositoryScan scan = Scan({{"a", fingerprint}, {"ab", fingerprint}, {"file", fingerprint}});
  scan.models[0].folder = "/m/a";
  scan.models[0].version_folder = "/m/a/1";
  scan.models[1].folder = "/m/ab/";
  scan.models[1].version_folder = "/m/ab/5";
  scan.models[1].is_verified = true;
  scan.models[2].path = "/m/file.onnx";
  ModelProblem problem{.path = "/m/new/1", .name = "new", .status = NotFound(std::to_string(fingerprint))};
  problem.places = {problem.path};
  problem.roots = {"/m"};
  scan.problems.push_back(problem);
  return scan;
}

TEST(SettledScan, LeavesWhatIsBeingWrittenAsItWasApplied) {
  struct Case {
    std::filesystem::path file;
    std::vector<std::string> held;
  };
  for (const Case& c :
       {Case{"/m/a/1/model.onnx", {"a"}}, Case{"/m/a/2/model.onnx", {}}, Case{"/m/a/labels/x.txt", {"a"}},
        Case{"/m/ab/5/log", {}}, Case{"/m/ab/config.pbtxt", {"ab"}}, Case{"/m/x", {}}, Case{"/m/file.onnx", {"file"}},
        Case{"/m/file.onnx.data", {"file"}}, Case{"/other/file.onnx", {}}, Case{"/m/new/2/model.onnx", {"new"}},
        Case{"/m/newer/1/model.onnx", {}}}) {
    const std::vector<std::filesystem::path> files = {c.file};
    const Settling settling = SettledScan(Several(1), Several(2), Several(2), files);
    std::vector<std::string> held;
    for (const ModelEntry& entry : settling.scan.models) {
      if (entry.fingerprint == 1) held.push_back(entry.id.name);
    }
    if (settling.scan.problems.at(0).status.message() == "1") held.emplace_back("new");
    EXPECT_EQ(held, c.held) << c.file;
    EXPECT_TRUE(settling.confirmed) << c.file;
  }
}

TEST(SettledScan, WantsNoLookForWhatIsBeingWritten) {
  RepositoryScan first = Scan({{"a", 1}});
  RepositoryScan second = Scan({{"a", 2}});
  first.models[0].folder = second.models[0].folder = "/m/a";
  first.models[0].version_folder = second.models[0].version_folder = "/m/a/1";
  const std::vector<std::filesystem::path> files = {"/m/a/1/model.onnx"};
  EXPECT_TRUE(SettledScan(first, first, second, files).confirmed);
}

TEST(SaysTheSame, ComparesProblemsByTheirText) {
  RepositoryScan a;
  a.problems.push_back({.path = "/m", .name = "", .status = NotFound("one"), .findings = {}});
  RepositoryScan b = a;
  EXPECT_TRUE(SaysTheSame(a, b));
  b.problems.front().status = NotFound("other");
  EXPECT_FALSE(SaysTheSame(a, b));
}

}  // namespace
}  // namespace trireme
