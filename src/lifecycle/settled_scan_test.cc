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

TEST(SettledScan, TakesWhatTwoLooksHaveSeenTheSame) {
  EXPECT_TRUE(SaysTheSame(SettledScan(Scan({}), Scan({{"a", 1}}), Scan({{"a", 1}})), Scan({{"a", 1}})));
  EXPECT_TRUE(SaysTheSame(SettledScan(Scan({{"a", 1}}), Scan({{"a", 2}}), Scan({{"a", 2}})), Scan({{"a", 2}})));
}

TEST(SettledScan, KeepsWhatWasAppliedWhileSomethingChanges) {
  EXPECT_TRUE(SaysTheSame(SettledScan(Scan({}), Scan({}), Scan({{"a", 1}})), Scan({})));
  EXPECT_TRUE(SaysTheSame(SettledScan(Scan({{"a", 1}}), Scan({{"a", 2}}), Scan({{"a", 3}})), Scan({{"a", 1}})));
}

TEST(SettledScan, LetsAModelGoWhenItIsMissedTwice) {
  EXPECT_TRUE(SaysTheSame(SettledScan(Scan({{"a", 1}}), Scan({{"a", 1}}), Scan({})), Scan({{"a", 1}})));
  EXPECT_TRUE(SaysTheSame(SettledScan(Scan({{"a", 1}}), Scan({}), Scan({})), Scan({})));
}

TEST(SettledScan, DoesNotLetOneModelHoldUpTheOthers) {
  const RepositoryScan settled =
      SettledScan(Scan({}), Scan({{"copied", 1}, {"done", 1}}), Scan({{"copied", 2}, {"done", 1}}));
  EXPECT_TRUE(SaysTheSame(settled, Scan({{"done", 1}})));
}

TEST(SettledScan, TreatsProblemsLikeModels) {
  RepositoryScan broken;
  broken.problems.push_back({.path = "/m/a", .name = "a", .status = InvalidArgument("no file"), .findings = {}});
  EXPECT_TRUE(SaysTheSame(SettledScan(Scan({{"a", 1}}), Scan({{"a", 1}}), broken), Scan({{"a", 1}})));
  EXPECT_TRUE(SaysTheSame(SettledScan(Scan({{"a", 1}}), broken, broken), broken));
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
