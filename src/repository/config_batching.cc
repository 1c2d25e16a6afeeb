// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "repository/config_reader.h"

namespace trireme {
namespace {

using inference::ModelDynamicBatching;
using inference::ModelQueuePolicy;

constexpr uint64_t kMaxLevels = 1000;

// What is longer than a year is a year: nobody sees the difference, and sums with it do not overflow.
std::chrono::microseconds Microseconds(uint64_t count) {
  constexpr uint64_t kYear = uint64_t{365} * 24 * 3600 * 1000 * 1000;
  return std::chrono::microseconds(std::min(count, kYear));
}

void ReadPreferred(const ModelDynamicBatching& batching, const ConfigPlace& place, ConfigReader& reader) {
  const auto& sizes = batching.preferred_batch_size();
  if (sizes.empty() || !CheckCount(sizes.size(), place.At("preferred_batch_size"), reader.findings)) return;
  const int64_t most = reader.max_batch_size().value_or(std::numeric_limits<int32_t>::max());
  std::vector<int64_t> preferred;
  for (int i = 0; i < sizes.size(); ++i) {
    if (sizes[i] < 1 || sizes[i] > most) {
      reader.findings.Add(place.At("preferred_batch_size", i)
                              .Error("a size from 1 to " +
                                         (reader.max_batch_size() ? "max_batch_size, " : std::string()) +
                                         std::to_string(most),
                                     std::to_string(sizes[i])));
    }
    preferred.push_back(sizes[i]);
  }
  std::sort(preferred.begin(), preferred.end());
  preferred.erase(std::unique(preferred.begin(), preferred.end()), preferred.end());
  reader.file.config.preferred_rows = std::move(preferred);
}

QueuePolicy ReadPolicy(const ModelQueuePolicy& said, const ConfigPlace& place, bool preserve_ordering,
                       FindingList& findings) {
  const bool delays = said.timeout_action() == ModelQueuePolicy::DELAY;
  if (!delays && said.timeout_action() != ModelQueuePolicy::REJECT) {
    findings.Add(place.At("timeout_action").Error("REJECT or DELAY", std::to_string(said.timeout_action())));
  }
  if (delays && preserve_ordering && said.default_timeout_microseconds() > 0) {
    findings.Add(place.At("timeout_action")
                     .Error("REJECT, because of preserve_ordering: true", "DELAY",
                            "a request that is put behind others is not answered in order"));
  }
  return {.timeout_action = delays ? QueuePolicy::TimeoutAction::kDelay : QueuePolicy::TimeoutAction::kReject,
          .timeout = Microseconds(said.default_timeout_microseconds()),
          .allow_timeout_override = said.allow_timeout_override(),
          .max_waiting_requests = said.max_queue_size()};
}

void ReadLevels(const ModelDynamicBatching& batching, const ConfigPlace& place, ConfigReader& reader) {
  const uint64_t levels = batching.priority_levels();
  const uint64_t usual = batching.default_priority_level();
  if (levels > kMaxLevels) {
    reader.findings.Add(
        place.At("priority_levels").Error("at most " + std::to_string(kMaxLevels), std::to_string(levels)));
    return;
  }
  if (levels > 1 && batching.preserve_ordering()) {
    reader.findings.Add(place.At("priority_levels")
                            .Error("one level, because of preserve_ordering: true", std::to_string(levels),
                                   "leave out one of the two"));
  }
  if (levels > 0 && (usual < 1 || usual > levels)) {
    reader.findings.Add(place.At(usual == 0 ? "priority_levels" : "default_priority_level")
                            .Error("a default_priority_level from 1 to " + std::to_string(levels),
                                   usual == 0 ? "none" : std::to_string(usual)));
    return;
  }
  if (levels == 0) return;
  reader.file.config.priority_levels = static_cast<uint32_t>(levels);
  reader.file.config.default_priority = static_cast<uint32_t>(usual);
}

void ReadLevelPolicies(const ModelDynamicBatching& batching, const ConfigPlace& place, ConfigReader& reader) {
  const auto& policies = batching.priority_queue_policy();
  if (!CheckCount(static_cast<int>(policies.size()), place.At("priority_queue_policy"), reader.findings)) return;
  for (const auto& [level, said] : policies) {
    const ConfigPlace at = place.Entry("priority_queue_policy", batching, std::to_string(level));
    const QueuePolicy policy = ReadPolicy(said, at, batching.preserve_ordering(), reader.findings);
    if (level >= 1 && level <= std::min(batching.priority_levels(), kMaxLevels)) {
      reader.file.config.level_policies[static_cast<uint32_t>(level)] = policy;
    } else if (batching.priority_levels() == 0) {
      reader.findings.Add(at.Warning("priority_levels", "none, so this policy is of no level"));
    } else {
      reader.findings.Add(
          at.Error("a level from 1 to " + std::to_string(batching.priority_levels()), std::to_string(level)));
    }
  }
}

}  // namespace

void ReadBatching(ConfigReader& reader) {
  if (!reader.message.has_dynamic_batching()) return;
  const ModelDynamicBatching& batching = reader.message.dynamic_batching();
  const ConfigPlace place = reader.root.At("dynamic_batching");
  if (reader.max_batch_size() == 0) {
    reader.findings.Add(place.Warning("a max_batch_size above 0", "0, so nothing is batched",
                                      "leave out max_batch_size, or say how many rows a batch may have"));
  }
  ModelConfig& config = reader.file.config;
  ReadPreferred(batching, place, reader);
  if (batching.max_queue_delay_microseconds() > 0) {
    config.max_delay = Microseconds(batching.max_queue_delay_microseconds());
  }
  config.preserve_ordering = batching.preserve_ordering();
  ReadLevels(batching, place, reader);
  if (batching.has_default_queue_policy()) {
    config.queue_policy = ReadPolicy(batching.default_queue_policy(), place.At("default_queue_policy"),
                                     batching.preserve_ordering(), reader.findings);
  }
  ReadLevelPolicies(batching, place, reader);
}

}  // namespace trireme
