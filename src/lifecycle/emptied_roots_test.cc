// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/emptied_roots.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace trireme {
namespace {

RepositoryScan Look(RootLook look, const std::string& name = "") {
  RepositoryScan scan;
  if (!look.has_models) {
    scan.problems.push_back(
        {.path = look.path, .name = name, .status = NotFound("no model"), .findings = {}, .roots = {look.path}});
  }
  scan.roots = {std::move(look)};
  return scan;
}

RepositoryScan Filled(const std::string& root) {
  return Look({.path = root, .has_models = true});
}

RepositoryScan Empty(const std::string& root) {
  return Look({.path = root});
}

TEST(EmptiedRoots, IsAMistakeUntilSomethingHasLainThere) {
  EmptiedRoots roots;
  EXPECT_EQ(roots.PassOver(Empty("/a")).problems.size(), 1U);
  EXPECT_EQ(roots.PassOver(Empty("/a")).problems.size(), 1U);
  EXPECT_EQ(roots.PassOver(Filled("/a")).problems.size(), 0U);
  EXPECT_EQ(roots.PassOver(Empty("/a")).problems.size(), 0U);
}

TEST(EmptiedRoots, SaysNothingOfOtherRoots) {
  EmptiedRoots roots;
  roots.PassOver(Filled("/a"));
  EXPECT_EQ(roots.PassOver(Empty("/b")).problems.size(), 1U);
}

TEST(EmptiedRoots, TellsOfThoseThatCannotBeLookedAt) {
  EmptiedRoots roots;
  roots.PassOver(Filled("/a"));
  EXPECT_EQ(roots.PassOver(Look({.path = "/a", .status = Unavailable("too many open files")})).problems.size(), 1U);
}

TEST(EmptiedRoots, TellsOfThoseWhoseModelsGoOn) {
  EmptiedRoots roots;
  roots.PassOver(Filled("/a"));
  RepositoryScan unmounted = Empty("/a");
  unmounted.problems.front().keeps_models = true;
  EXPECT_EQ(roots.PassOver(unmounted).problems.size(), 1U);
}

TEST(EmptiedRoots, TellsOfWhatHasAName) {
  EmptiedRoots roots;
  roots.PassOver(Filled("/a"));
  EXPECT_EQ(roots.PassOver(Look({.path = "/a"}, "a")).problems.size(), 1U);
}

}  // namespace
}  // namespace trireme
