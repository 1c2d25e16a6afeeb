// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "lifecycle/model_status.h"

namespace trireme {

enum class ActionKind { kLoad, kRetire };

struct Action {
  ActionKind kind;
  ModelId id;
  bool operator==(const Action&) const = default;
};

// What to do so that what is becomes what is wanted: loads first, in the order wanted, then retirements. A pure
// function: loader threads carry it out. A version that failed is not tried again by itself, and one that is on its way
// out is left alone until it is gone.
std::vector<Action> PlanActions(std::span<const ModelId> desired, std::span<const ModelStatus> actual);

}  // namespace trireme
