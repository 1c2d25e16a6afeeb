// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/plan.h"

#include <gtest/gtest.h>

namespace trireme {
namespace {

const ModelId kA{"a", 1};
const ModelId kB{"b", 2};
using Actions = std::vector<Action>;

// What is done about one version, if anything.
std::optional<ActionKind> Decided(VersionFacts facts) {
  facts.id = kA;
  const Actions actions = PlanActions(std::vector<VersionFacts>{facts});
  return actions.empty() ? std::nullopt : std::optional(actions.front().kind);
}

constexpr ModelState kOnItsWay[] = {ModelState::kAdmitted, ModelState::kLoading, ModelState::kWarmingUp,
                                    ModelState::kDraining};

TEST(PlanActions, LoadsWhatIsWantedAndNotThere) {
  EXPECT_EQ(Decided({.state = ModelState::kFound, .wanted = 1}), ActionKind::kLoad);
  EXPECT_EQ(Decided({.state = ModelState::kRetired, .wanted = 1, .tried = 1, .loaded = 1}), ActionKind::kLoad);
}

TEST(PlanActions, LeavesAloneWhatServesUnchanged) {
  EXPECT_EQ(Decided({.state = ModelState::kReady, .wanted = 1, .tried = 1, .loaded = 1}), std::nullopt);
}

TEST(PlanActions, ReloadsWhatChanged) {
  EXPECT_EQ(Decided({.state = ModelState::kReady, .wanted = 2, .tried = 1, .loaded = 1}), ActionKind::kReload);
}

TEST(PlanActions, TriesWhatFailedAgainOnlyWhenItChanged) {
  EXPECT_EQ(Decided({.state = ModelState::kFailed, .wanted = 1, .tried = 1}), std::nullopt);
  EXPECT_EQ(Decided({.state = ModelState::kFailed, .wanted = 2, .tried = 1}), ActionKind::kLoad);
  EXPECT_EQ(Decided({.state = ModelState::kReady, .wanted = 2, .tried = 2, .loaded = 1}), std::nullopt);
  EXPECT_EQ(Decided({.state = ModelState::kReady, .wanted = 3, .tried = 2, .loaded = 1}), ActionKind::kReload);
}

TEST(PlanActions, DoesNotReloadWhatServesBecauseItsFailedSuccessorIsGone) {
  EXPECT_EQ(Decided({.state = ModelState::kReady, .wanted = 1, .tried = 2, .loaded = 1}), std::nullopt);
}

TEST(PlanActions, LeavesAloneWhatIsOnItsWay) {
  for (const ModelState state : kOnItsWay) {
    EXPECT_EQ(Decided({.state = state, .busy = true, .wanted = 2, .tried = 1}), std::nullopt) << Name(state);
    EXPECT_EQ(Decided({.state = state, .busy = true}), std::nullopt) << Name(state);
  }
  EXPECT_EQ(Decided({.state = ModelState::kReady, .busy = true, .wanted = 2, .tried = 1, .loaded = 1}), std::nullopt);
}

TEST(PlanActions, RetiresWhatServesAndIsNotWanted) {
  EXPECT_EQ(Decided({.state = ModelState::kReady, .tried = 1, .loaded = 1}), ActionKind::kRetire);
}

TEST(PlanActions, RetiresWhatIsNotWantedAlsoWhileItsSuccessorLoads) {
  EXPECT_EQ(Decided({.state = ModelState::kReady, .busy = true, .tried = 2, .loaded = 1}), ActionKind::kRetire);
}

TEST(PlanActions, ForgetsWhatIsGoneUnlessItCanBeLoadedByName) {
  EXPECT_EQ(Decided({.state = ModelState::kRetired}), ActionKind::kForget);
  EXPECT_EQ(Decided({.state = ModelState::kFailed}), ActionKind::kForget);
  EXPECT_EQ(Decided({.state = ModelState::kFound}), ActionKind::kForget);
  EXPECT_EQ(Decided({.state = ModelState::kRetired, .remembered = true}), std::nullopt);
  EXPECT_EQ(Decided({.state = ModelState::kFailed, .remembered = true}), ActionKind::kForget);
}

TEST(PlanActions, LeavesWhatStandsInForAWantedVersion) {
  EXPECT_EQ(Decided({.state = ModelState::kReady, .stands_in = true}), std::nullopt);
  EXPECT_EQ(Decided({.state = ModelState::kFailed, .stands_in = true}), ActionKind::kForget);
}

TEST(PlanActions, LoadsBeforeItRetires) {
  const std::vector<VersionFacts> versions = {{.id = kA, .state = ModelState::kReady},
                                              {.id = kB, .state = ModelState::kFound, .wanted = 1}};
  EXPECT_EQ(PlanActions(versions), (Actions{{ActionKind::kLoad, kB}, {ActionKind::kRetire, kA}}));
}

}  // namespace
}  // namespace trireme
