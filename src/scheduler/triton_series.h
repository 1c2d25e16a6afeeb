// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "metrics/registry.h"
#include "model/model_id.h"
#include "model/statistics.h"

// The series that Triton Inference Server shows of a model, under its names and with its labels, so that dashboards,
// alerts and tools made for it go on working:
// https://github.com/triton-inference-server/server/blob/main/docs/user_guide/metrics.md
//
// Its counters do not end in _total, and its durations are in microseconds.
namespace trireme::triton_series {

metrics::Labels LabelsOf(const ModelId& id);

// nv_inference_pending_request_count and nv_model_load_duration_secs.
std::shared_ptr<metrics::Gauge> Waiting(metrics::Registry& registry, const metrics::Labels& labels);
std::shared_ptr<metrics::Gauge> LoadSeconds(metrics::Registry& registry, const metrics::Labels& labels);
std::shared_ptr<metrics::Counter> Loads(metrics::Registry& registry, const metrics::Labels& labels);

// nv_inference_*: all counters of one version; nv_cache_*, once its answers are looked for in the cache.
std::vector<metrics::FamilySamples> Counters(const metrics::Labels& labels, const ModelStatistics& totals);

}  // namespace trireme::triton_series
