// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "engine/engine.h"
#include "metrics/registry.h"

namespace trireme {

// What is shown of these: trireme_model_state has a 1 for each version's state of now and nothing for the others,
// trireme_models counts versions by state. A pure function.
std::vector<metrics::FamilySamples> ModelStateFamilies(std::span<const ModelStatus> models);

// Shows where every model version that is known is on its way. Both arguments must outlive the handle.
[[nodiscard]] metrics::CallbackHandle ShowModelStates(metrics::Registry& registry, const Engine& engine);

}  // namespace trireme
