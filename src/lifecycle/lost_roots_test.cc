// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/lost_roots.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace trireme {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr FileIdentity kFirst = {.device = 1, .inode = 1};
constexpr FileIdentity kOther = {.device = 2, .inode = 1};

RootLook Good(const std::string& root, FileIdentity identity = kFirst) {
  return {.path = root, .identity = identity, .status = {}, .has_models = true};
}

RootLook Unreadable(const std::string& root) {
  return {.path = root, .identity = {}, .status = Unavailable("too many open files"), .has_models = false};
}

RootLook Empty(const std::string& root, FileIdentity identity) {
  return {.path = root, .identity = identity, .status = {}, .has_models = false};
}

void AddModel(RepositoryScan& scan, const std::string& root, const std::string& name, uint64_t fingerprint = 1) {
  ModelEntry entry;
  entry.id = {name, 1};
  entry.root = root;
  entry.fingerprint = fingerprint;
  scan.models.push_back(entry);
}

void AddProblem(RepositoryScan& scan, const std::vector<std::filesystem::path>& roots, const std::string& name) {
  ModelProblem problem;
  problem.path = name.empty() ? roots.front() : roots.front() / name;
  problem.name = name;
  problem.status = NotFound("no model");
  problem.roots = roots;
  scan.problems.push_back(problem);
}

RepositoryScan Applied() {
  RepositoryScan scan;
  AddModel(scan, "/a", "x");
  AddModel(scan, "/b", "y");
  scan.roots = {Good("/a"), Good("/b")};
  return scan;
}

// What is seen of /a, and of /b as it was.
RepositoryScan Now(const RootLook& a) {
  RepositoryScan scan;
  AddModel(scan, "/b", "y");
  if (!a.has_models) AddProblem(scan, {"/a"}, "");
  scan.roots = {a, Good("/b")};
  return scan;
}

std::vector<std::string> Models(const RepositoryScan& scan) {
  std::vector<std::string> names;
  for (const ModelEntry& entry : scan.models) names.push_back(entry.id.name);
  return names;
}

TEST(WithLostRoots, KeepsTheModelsOfARootThatCannotBeLookedAt) {
  const RepositoryScan seen = WithLostRoots(Applied(), Applied().roots, Now(Unreadable("/a")));
  EXPECT_THAT(Models(seen), ElementsAre("x", "y"));
  ASSERT_EQ(seen.problems.size(), 1U);
  EXPECT_TRUE(seen.problems.front().keeps_models);
  EXPECT_THAT(seen.problems.front().status.message(), HasSubstr("go on"));
  EXPECT_EQ(seen.roots.front().identity, kFirst) << "of the last look that saw something";
}

TEST(WithLostRoots, AnotherFolderWithoutModelsIsALostOne) {
  const RepositoryScan seen = WithLostRoots(Applied(), Applied().roots, Now(Empty("/a", kOther)));
  EXPECT_THAT(Models(seen), ElementsAre("x", "y"));
  const RepositoryScan again = WithLostRoots(Applied(), seen.roots, Now(Empty("/a", kOther)));
  EXPECT_THAT(Models(again), ElementsAre("x", "y")) << "also when it is seen again";
}

TEST(WithLostRoots, TheSameFolderEmptiedIsAWish) {
  const RepositoryScan seen = WithLostRoots(Applied(), Applied().roots, Now(Empty("/a", kFirst)));
  EXPECT_THAT(Models(seen), ElementsAre("y"));
  EXPECT_FALSE(seen.problems.front().keeps_models);
}

TEST(WithLostRoots, AnotherFolderWithModelsIsTakenAsItIs) {
  RepositoryScan now = Now(Good("/a", kOther));
  AddModel(now, "/a", "z");
  const RepositoryScan seen = WithLostRoots(Applied(), Applied().roots, now);
  EXPECT_THAT(Models(seen), ElementsAre("y", "z"));
  EXPECT_EQ(seen.roots.front().identity, kOther);
}

TEST(WithLostRoots, TheOtherRootsGoOn) {
  RepositoryScan now = Now(Unreadable("/a"));
  now.models.clear();
  AddModel(now, "/b", "new");
  AddModel(now, "/b", "x", 7);
  const RepositoryScan seen = WithLostRoots(Applied(), Applied().roots, now);
  ASSERT_THAT(Models(seen), ElementsAre("new", "x"));
  EXPECT_EQ(seen.models[1].fingerprint, 1U) << "the name belongs to the root that is lost";
}

TEST(WithLostRoots, KeepsAQuarrelBetweenRoots) {
  RepositoryScan applied;
  AddProblem(applied, {"/b", "/a"}, "x");
  applied.roots = Applied().roots;
  RepositoryScan now = Now(Unreadable("/a"));
  AddModel(now, "/b", "x");
  const RepositoryScan seen = WithLostRoots(applied, applied.roots, now);
  EXPECT_THAT(Models(seen), ElementsAre("y"));
  EXPECT_EQ(seen.problems.back().name, "x");
}

TEST(WithLostRoots, SaysNothingOfModelsWhereThereWereNone) {
  RepositoryScan now;
  AddProblem(now, {"/a"}, "");
  now.roots = {Unreadable("/a")};
  const RepositoryScan seen = WithLostRoots({}, {}, now);
  EXPECT_THAT(Models(seen), IsEmpty());
  EXPECT_EQ(seen.problems.front().status.message(), "no model");
}

}  // namespace
}  // namespace trireme
