// SPDX-License-Identifier: Apache-2.0
#include "server/model_state_metrics.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <string>
#include <utility>

#include "base/utf8.h"
#include "metrics/stages.h"

namespace trireme {
namespace {

using metrics::FamilySamples;
using metrics::Labels;

constexpr std::array kStates = {
    ModelState::kFound,    ModelState::kAdmitted, ModelState::kLoading, ModelState::kWarmingUp, ModelState::kReady,
    ModelState::kDraining, ModelState::kRetired,  ModelState::kFailed,  ModelState::kOnDemand,  ModelState::kAwaited};

FamilySamples Gauge(std::string name, std::string help) {
  return {.family = {std::move(name), std::move(help)}, .kind = FamilySamples::Kind::kGauge, .samples = {}};
}

double Timestamp(std::chrono::system_clock::time_point time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

Labels With(Labels labels, std::string name, std::string value) {
  labels.emplace_back(std::move(name), std::move(value));
  return labels;
}

// What is shown of each version for itself.
struct VersionFamilies {
  FamilySamples state = Gauge("trireme_model_state", "1 for the state that a model version is in.");
  FamilySamples since = Gauge("trireme_model_state_since_timestamp_seconds", "When a model version came into it.");
  FamilySamples info = Gauge("trireme_model_info", "1 for a model version that serves, by the digest of its files.");
  FamilySamples loaded = Gauge("trireme_model_loaded_timestamp_seconds", "When what serves was loaded.");
  FamilySamples memory = Gauge("trireme_model_memory_bytes", "Memory of a model version that is loaded.");
  FamilySamples label = Gauge("trireme_model_label", "1 for a label and the version that it leads to.");
  FamilySamples pinned = Gauge("trireme_model_pinned", "1 for a model version that stays in memory.");
  FamilySamples stale = Gauge("trireme_model_reload_failed",
                              "1 for a model version that serves because what should replace it does not.");

  void Add(const ModelStatus& model) {
    const Labels labels = {{"model", model.id.name},
                           {"version", model.id.version > 0 ? std::to_string(model.id.version) : ""}};
    for (const std::string& name : model.labels) label.samples.push_back({With(labels, "label", name), 1});
    if (model.pinned) pinned.samples.push_back({labels, 1});
    if (model.state == ModelState::kReady && !model.reason.empty()) stale.samples.push_back({labels, 1});
    state.samples.push_back({With(labels, "state", std::string(Name(model.state))), 1});
    if (model.since != std::chrono::system_clock::time_point()) {
      since.samples.push_back({labels, Timestamp(model.since)});
    }
    if (!model.provenance) return;
    info.samples.push_back({With(labels, "digest", model.provenance->digest), 1});
    loaded.samples.push_back({labels, Timestamp(model.provenance->loaded_at)});
    for (const auto& [device, bytes] : model.memory.by_device()) {
      memory.samples.push_back({With(labels, "device", device), static_cast<double>(bytes)});
    }
  }
};

}  // namespace

std::vector<FamilySamples> ModelStateFamilies(std::span<const ModelStatus> models) {
  VersionFamilies versions;
  std::array<double, kStates.size()> counts{};
  for (const ModelStatus& model : models) {
    ++counts.at(static_cast<size_t>(model.state));
    // A label would not be what the name is, and perhaps that of another one.
    if (IsUtf8(model.id.name)) versions.Add(model);
  }
  FamilySamples sums = Gauge("trireme_models", "Model versions by the state that they are in.");
  for (const ModelState state : kStates) {
    sums.samples.push_back({{{"state", std::string(Name(state))}}, counts.at(static_cast<size_t>(state))});
  }
  return {std::move(versions.state),  std::move(versions.since),  std::move(versions.info),
          std::move(versions.loaded), std::move(versions.memory), std::move(versions.label),
          std::move(versions.pinned), std::move(versions.stale),  std::move(sums)};
}

std::vector<FamilySamples> MemoryFamilies(std::span<const DeviceMemory> memory) {
  FamilySamples budget = Gauge("trireme_memory_budget_bytes", "Memory that models and requests may have.");
  FamilySamples used = Gauge("trireme_memory_used_bytes", "Memory of models that are loaded, coming or going.");
  FamilySamples other =
      Gauge("trireme_memory_other_bytes", "Memory of requests under way, of what runs need, and all else that counts.");
  for (const DeviceMemory& device : memory) {
    const Labels labels = {{"device", device.device.ToString()}};
    if (device.budget_bytes > 0) budget.samples.push_back({labels, static_cast<double>(device.budget_bytes)});
    used.samples.push_back({labels, static_cast<double>(device.used_bytes)});
    other.samples.push_back({labels, static_cast<double>(device.other_bytes)});
  }
  return {std::move(budget), std::move(used), std::move(other)};
}

std::vector<FamilySamples> TrafficFamilies(const MemoryTraffic& traffic) {
  FamilySamples evictions{.family = {"trireme_model_evictions_total", "Models that left memory for others."},
                          .kind = FamilySamples::Kind::kCounter,
                          .samples = {{{}, static_cast<double>(traffic.evictions)}}};
  FamilySamples waiting = Gauge("trireme_requests_waiting_for_models", "Requests whose model is not in memory yet.");
  waiting.samples.push_back({{}, static_cast<double>(traffic.waiting)});
  return {std::move(evictions), std::move(waiting)};
}

std::vector<FamilySamples> RefusalFamilies(const Refusals& refusals) {
  FamilySamples refused{.family = {"trireme_requests_refused_total",
                                   "Inference requests that no model counted: it is unknown, or was "
                                   "never in memory."},
                        .kind = FamilySamples::Kind::kCounter,
                        .samples = {}};
  for (size_t code = 1; code < refusals.size(); ++code) {
    refused.samples.push_back(
        {{{"code", metrics::CodeLabel(static_cast<StatusCode>(code))}}, static_cast<double>(refusals[code])});
  }
  return {std::move(refused)};
}

metrics::CallbackHandle ShowModelStates(metrics::Registry& registry, const Engine& engine) {
  return registry.ReadFamilies([&engine] {
    std::vector<FamilySamples> families = ModelStateFamilies(engine.Index());
    std::ranges::move(MemoryFamilies(engine.Memory()), std::back_inserter(families));
    std::ranges::move(TrafficFamilies(engine.Traffic()), std::back_inserter(families));
    std::ranges::move(RefusalFamilies(engine.Refusals()), std::back_inserter(families));
    return families;
  });
}

}  // namespace trireme
