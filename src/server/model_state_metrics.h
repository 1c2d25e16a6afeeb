// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "engine/engine.h"
#include "metrics/registry.h"

namespace trireme {

// What is shown of these, a pure function:
//
//   trireme_models{state}                                   versions by state
//   trireme_model_state{model,version,state}                1 for each version's state of now; nothing for the others
//   trireme_model_state_since_timestamp_seconds{model,version}
//   trireme_model_info{model,version,digest}                1 for what serves; whoever reads this need not know paths
//   trireme_model_loaded_timestamp_seconds{model,version}
//   trireme_model_memory_bytes{model,version,device}        of what is in memory
//   trireme_model_label{model,version,label}                1 for the version that a label leads to
//   trireme_model_pinned{model,version}                     1 for what stays in memory
//   trireme_model_reload_failed{model,version}              1 for what serves although something else is wanted
std::vector<metrics::FamilySamples> ModelStateFamilies(std::span<const ModelStatus> models);

// trireme_memory_budget_bytes, trireme_memory_used_bytes and trireme_memory_other_bytes, by device. A device without
// a budget has no sample in the first.
std::vector<metrics::FamilySamples> MemoryFamilies(std::span<const DeviceMemory> memory);

// trireme_model_evictions_total and trireme_requests_waiting_for_models. A pure function.
std::vector<metrics::FamilySamples> TrafficFamilies(const MemoryTraffic& traffic);

// trireme_requests_refused_total, by code. A pure function.
std::vector<metrics::FamilySamples> RefusalFamilies(const Refusals& refusals);

// Shows where every model version that is known is on its way, and the memory of all. Both arguments must outlive the
// handle.
[[nodiscard]] metrics::CallbackHandle ShowModelStates(metrics::Registry& registry, const Engine& engine);

}  // namespace trireme
