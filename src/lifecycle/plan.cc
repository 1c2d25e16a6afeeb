// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/plan.h"

#include <algorithm>

namespace trireme {

std::vector<Action> PlanActions(std::span<const ModelId> desired, std::span<const ModelStatus> actual) {
  std::vector<Action> actions;
  for (const ModelId& id : desired) {
    const auto known = std::find_if(actual.begin(), actual.end(), [&](const ModelStatus& s) { return s.id == id; });
    if (known == actual.end() || known->state == ModelState::kFound || known->state == ModelState::kRetired) {
      actions.push_back({ActionKind::kLoad, id});
    }
  }
  for (const ModelStatus& status : actual) {
    const bool wanted = std::find(desired.begin(), desired.end(), status.id) != desired.end();
    if (!wanted && status.state == ModelState::kReady) actions.push_back({ActionKind::kRetire, status.id});
  }
  return actions;
}

}  // namespace trireme
