// SPDX-License-Identifier: Apache-2.0
#include "scheduler/triton_series.h"

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"

namespace trireme::triton_series {
namespace {

using metrics::FamilySamples;
using metrics::Labels;

// By ModelStatistics::FailureReason.
constexpr std::array<std::string_view, ModelStatistics::kFailureReasons> kReasons = {"REJECTED", "CANCELED", "BACKEND",
                                                                                     "OTHER"};

FamilySamples Counter(std::string name, std::string help, const Labels& labels, uint64_t value) {
  return {.family = {std::move(name), std::move(help)},
          .kind = FamilySamples::Kind::kCounter,
          .samples = {{labels, static_cast<double>(value)}}};
}

FamilySamples Microseconds(std::string name, std::string help, const Labels& labels, Duration total) {
  const auto count = std::chrono::duration_cast<std::chrono::microseconds>(total).count();
  return Counter(std::move(name), std::move(help), labels, static_cast<uint64_t>(count));
}

FamilySamples Failures(const Labels& labels, const ModelStatistics& totals) {
  FamilySamples family{.family = {"nv_inference_request_failure", "Requests that failed, by reason."},
                       .kind = FamilySamples::Kind::kCounter,
                       .samples = {}};
  for (size_t reason = 0; reason < kReasons.size(); ++reason) {
    Labels more = labels;
    more.insert(more.begin() + 1, {"reason", std::string(kReasons[reason])});  // in alphabetical order, as Triton's
    family.samples.emplace_back(std::move(more), static_cast<double>(totals.failures[reason]));
  }
  return family;
}

void AddCache(const Labels& labels, const ModelStatistics& totals, std::vector<FamilySamples>& families) {
  families.push_back(Counter("nv_cache_num_hits_per_model", "Requests that were answered from the response cache.",
                             labels, totals.cache_hit.count));
  families.push_back(Counter("nv_cache_num_misses_per_model", "Requests for which nothing was in the response cache.",
                             labels, totals.cache_miss.count));
  families.push_back(Microseconds("nv_cache_hit_duration_per_model",
                                  "Time to find answers in the response cache, in microseconds.", labels,
                                  totals.cache_hit.total));
  families.push_back(Microseconds("nv_cache_miss_duration_per_model",
                                  "Time to look in the response cache in vain and to keep answers, in microseconds.",
                                  labels, totals.cache_miss.total));
}

}  // namespace

Labels LabelsOf(const ModelId& id) {
  return {{"model", id.name}, {"version", std::to_string(id.version)}};
}

std::shared_ptr<metrics::Gauge> Waiting(metrics::Registry& registry, const Labels& labels) {
  return registry.GetGauge({"nv_inference_pending_request_count", "Requests that wait for an instance of the model."},
                           labels);
}

std::shared_ptr<metrics::Gauge> LoadSeconds(metrics::Registry& registry, const Labels& labels) {
  return registry.GetGauge({"nv_model_load_duration_secs", "How long the model took to load, in seconds."}, labels);
}

std::shared_ptr<metrics::Counter> Loads(metrics::Registry& registry, const Labels& labels) {
  return registry.GetCounter({"trireme_model_loads_total", "How often the model was loaded."}, labels);
}

std::vector<FamilySamples> Counters(const Labels& labels, const ModelStatistics& totals) {
  std::vector<FamilySamples> families = {
      Counter("nv_inference_request_success", "Requests that were answered.", labels, totals.success.count),
      Failures(labels, totals),
      Counter("nv_inference_count", "Rows of the requests that were answered.", labels, totals.inferences),
      Counter("nv_inference_exec_count", "Runs of the model that answered a request.", labels, totals.executions),
      Microseconds("nv_inference_request_duration_us",
                   "Time from the last byte of a request to its answer, in microseconds.", labels,
                   totals.success.total),
      Microseconds("nv_inference_queue_duration_us", "Time that requests waited in line, in microseconds.", labels,
                   totals.queue.total),
      Microseconds("nv_inference_compute_input_duration_us",
                   "Time in which the inputs of requests were joined, in microseconds.", labels,
                   totals.compute_input.total),
      Microseconds("nv_inference_compute_infer_duration_us",
                   "Time in which the model ran for requests, in microseconds.", labels, totals.compute_infer.total),
      Microseconds("nv_inference_compute_output_duration_us",
                   "Time in which the outputs of requests were split, in microseconds.", labels,
                   totals.compute_output.total),
  };
  if (totals.cache_hit.count + totals.cache_miss.count > 0) AddCache(labels, totals, families);
  return families;
}

}  // namespace trireme::triton_series
