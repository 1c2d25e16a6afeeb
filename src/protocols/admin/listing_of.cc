// SPDX-License-Identifier: Apache-2.0
#include "protocols/admin/listing_of.h"

#include <optional>

namespace trireme::admin {
namespace {

std::optional<Seconds> InSeconds(const std::optional<Duration>& duration) {
  if (!duration) return std::nullopt;
  return Seconds(*duration);
}

std::optional<Origin> OriginOf(const std::optional<Provenance>& provenance) {
  if (!provenance) return std::nullopt;
  return Origin{.source = provenance->source,
                .digest = provenance->digest,
                .loaded_at = provenance->loaded_at,
                .load_took = provenance->load_took};
}

std::optional<Running> RunningOf(const std::optional<LinePlanner::Account>& account,
                                 const std::optional<RunLimits>& limits) {
  if (!account) return std::nullopt;
  Running running{.goal = account->goal ? ToString(*account->goal) : "",
                  .margin = account->margin,
                  .late_share = account->late_share,
                  .late = account->late_answers,
                  .predicted_late = account->refused,
                  .prediction_error_p90 = account->error_p90,
                  .instances = account->instances,
                  .batch_rows = account->batch_rows,
                  .why_no_more_rows = {},
                  .has_wide = account->has_wide,
                  .is_wide = account->arrangement == Arrangement::kWide,
                  .company = account->company,
                  .rows_per_second = account->rows_per_second,
                  .runs = account->runs,
                  .run_times = {}};
  if (limits) {
    running.threads = limits->threads;
    running.weight = limits->weight;
    running.max_rows = limits->max_rows;
    running.why_no_more_rows = limits->why_no_more;
  }
  for (const RunTimes::Seen& seen : account->times) {
    running.run_times.push_back({.rows = seen.size.rows,
                                 .wide = seen.size.arrangement == Arrangement::kWide,
                                 .input_bytes = seen.size.bytes,
                                 .typical = seen.estimate.typical,
                                 .most = seen.estimate.most,
                                 .runs = seen.runs});
  }
  return running;
}

ModelEntry EntryOf(const ModelOverview& model) {
  const ModelStatus& status = model.status;
  return {.name = status.id.name,
          .version = status.id.version,
          .state = std::string(Name(status.state)),
          .reason = status.reason,
          .note = status.note,
          .since = status.since,
          .labels = status.labels,
          .pinned = status.pinned,
          .memory_bytes = status.memory.total(),
          .device = status.memory.devices(),
          .requests = model.requests,
          .since_last_use = InSeconds(model.since_last_use),
          .p99 = InSeconds(model.p99),
          .origin = OriginOf(status.provenance),
          .running = RunningOf(model.running, status.limits)};
}

}  // namespace

Listing ListingOf(const std::vector<ModelOverview>& models, const std::vector<DeviceMemory>& memory,
                  std::string_view name) {
  Listing listing;
  for (const ModelOverview& model : models) {
    if (name.empty() || model.status.id.name == name) listing.models.push_back(EntryOf(model));
  }
  for (const DeviceMemory& device : memory) {
    listing.memory.push_back({.device = device.device.ToString(),
                              .budget_bytes = device.budget_bytes,
                              .used_bytes = device.used_bytes,
                              .other_bytes = device.other_bytes});
  }
  return listing;
}

}  // namespace trireme::admin
