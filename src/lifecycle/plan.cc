// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/plan.h"

#include <algorithm>

namespace trireme {
namespace {

std::optional<ActionKind> TowardsServing(const VersionFacts& version) {
  switch (version.state) {
    case ModelState::kFound:
    case ModelState::kRetired:
      if (!version.put_aside) return ActionKind::kLoad;
      break;
    case ModelState::kOnDemand:
      if (version.demanded) return ActionKind::kLoad;
      break;
    case ModelState::kFailed:
      if (version.wanted != version.tried) return ActionKind::kLoad;
      break;
    case ModelState::kReady:
      if (version.put_aside) return ActionKind::kRetire;
      if (version.wanted != version.tried && version.wanted != version.loaded) return ActionKind::kReload;
      break;
    default:
      break;
  }
  return std::nullopt;
}

std::optional<ActionKind> TowardsNothing(const VersionFacts& version) {
  switch (version.state) {
    case ModelState::kReady:
      if (!version.stands_in) return ActionKind::kRetire;
      break;
    case ModelState::kFound:
    case ModelState::kFailed:
    case ModelState::kOnDemand:
      return ActionKind::kForget;
    case ModelState::kRetired:
      if (!version.remembered) return ActionKind::kForget;
      break;
    default:
      break;
  }
  return std::nullopt;
}

}  // namespace

std::vector<Action> PlanActions(std::span<const VersionFacts> versions) {
  std::vector<Action> actions;
  for (const VersionFacts& version : versions) {
    // What serves and is not wanted goes at once, also while its successor loads.
    const bool serves_unwanted = !version.wanted && version.state == ModelState::kReady;
    if (version.busy && !serves_unwanted) continue;
    const auto kind = version.wanted ? TowardsServing(version) : TowardsNothing(version);
    if (kind) actions.push_back({*kind, version.id});
  }
  std::stable_partition(actions.begin(), actions.end(), [](const Action& action) {
    return action.kind == ActionKind::kLoad || action.kind == ActionKind::kReload;
  });
  return actions;
}

}  // namespace trireme
