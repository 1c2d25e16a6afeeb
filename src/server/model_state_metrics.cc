// SPDX-License-Identifier: Apache-2.0
#include "server/model_state_metrics.h"

#include <array>
#include <string>
#include <utility>

#include "base/utf8.h"

namespace trireme {
namespace {

using metrics::FamilySamples;

constexpr std::array kStates = {ModelState::kFound,     ModelState::kAdmitted, ModelState::kLoading,
                                ModelState::kWarmingUp, ModelState::kReady,    ModelState::kDraining,
                                ModelState::kRetired,   ModelState::kFailed,   ModelState::kOnDemand};

}  // namespace

std::vector<FamilySamples> ModelStateFamilies(std::span<const ModelStatus> models) {
  FamilySamples states{.family = {"trireme_model_state", "1 for the state that a model version is in."},
                       .kind = FamilySamples::Kind::kGauge,
                       .samples = {}};
  std::array<double, kStates.size()> counts{};
  for (const ModelStatus& model : models) {
    ++counts.at(static_cast<size_t>(model.state));
    // A label would not be what the name is, and perhaps that of another one.
    if (!IsUtf8(model.id.name)) continue;
    const std::string version = model.id.version > 0 ? std::to_string(model.id.version) : "";
    states.samples.push_back(
        {{{"model", model.id.name}, {"version", version}, {"state", std::string(Name(model.state))}}, 1});
  }
  FamilySamples sums{.family = {"trireme_models", "Model versions by the state that they are in."},
                     .kind = FamilySamples::Kind::kGauge,
                     .samples = {}};
  for (const ModelState state : kStates) {
    sums.samples.push_back({{{"state", std::string(Name(state))}}, counts.at(static_cast<size_t>(state))});
  }
  return {std::move(states), std::move(sums)};
}

metrics::CallbackHandle ShowModelStates(metrics::Registry& registry, const Engine& engine) {
  return registry.ReadFamilies([&engine] { return ModelStateFamilies(engine.Index()); });
}

}  // namespace trireme
