// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/plan.h"

#include <gtest/gtest.h>

namespace trireme {
namespace {

const ModelId kA{"a", 1};
const ModelId kB{"b", 2};
using Ids = std::vector<ModelId>;
using Actions = std::vector<Action>;

ModelStatus At(const ModelId& id, ModelState state) {
  return {.id = id, .state = state, .reason = {}, .since = {}};
}

TEST(PlanActions, LoadsWhatIsWantedAndNotThere) {
  EXPECT_EQ(PlanActions(Ids{kA, kB}, {}), (Actions{{ActionKind::kLoad, kA}, {ActionKind::kLoad, kB}}));
}

TEST(PlanActions, LoadsWhatWasFoundOrRetired) {
  const std::vector<ModelStatus> actual = {At(kA, ModelState::kFound), At(kB, ModelState::kRetired)};
  EXPECT_EQ(PlanActions(Ids{kA, kB}, actual), (Actions{{ActionKind::kLoad, kA}, {ActionKind::kLoad, kB}}));
}

TEST(PlanActions, LeavesAloneWhatIsOnItsWayOrFailed) {
  for (const ModelState state : {ModelState::kAdmitted, ModelState::kLoading, ModelState::kWarmingUp,
                                 ModelState::kReady, ModelState::kDraining, ModelState::kFailed}) {
    EXPECT_TRUE(PlanActions(Ids{kA}, std::vector<ModelStatus>{At(kA, state)}).empty()) << Name(state);
  }
}

TEST(PlanActions, RetiresWhatServesAndIsNotWantedAfterLoadingWhatIs) {
  const std::vector<ModelStatus> actual = {At(kA, ModelState::kReady)};
  EXPECT_EQ(PlanActions(Ids{kB}, actual), (Actions{{ActionKind::kLoad, kB}, {ActionKind::kRetire, kA}}));
}

}  // namespace
}  // namespace trireme
