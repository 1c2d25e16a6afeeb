// SPDX-License-Identifier: Apache-2.0
#include "wire/kserve/statistics.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace trireme::kserve {
namespace {

// In the order in which members are added.
using Json = nlohmann::ordered_json;

Json ToJson(const CountedTime& time) {
  return {{"count", time.count}, {"ns", static_cast<uint64_t>(std::max<int64_t>(0, time.total.count()))}};
}

Json InferenceStats(const ModelStatistics& statistics) {
  return {{"success", ToJson(statistics.success)},
          {"fail", ToJson(statistics.fail)},
          {"queue", ToJson(statistics.queue)},
          {"compute_input", ToJson(statistics.compute_input)},
          {"compute_infer", ToJson(statistics.compute_infer)},
          {"compute_output", ToJson(statistics.compute_output)},
          {"cache_hit", ToJson(statistics.cache_hit)},
          {"cache_miss", ToJson(statistics.cache_miss)}};
}

Json BatchStats(const ModelStatistics& statistics) {
  Json batches = Json::array();
  for (const auto& [rows, batch] : statistics.batches) {
    batches.push_back({{"batch_size", rows},
                       {"compute_input", ToJson(batch.compute_input)},
                       {"compute_infer", ToJson(batch.compute_infer)},
                       {"compute_output", ToJson(batch.compute_output)}});
  }
  return batches;
}

// Of models that give several responses a request: by their place among them.
Json ResponseStats(const ModelStatistics& statistics) {
  Json responses = Json::object();
  for (size_t i = 0; i < statistics.responses.size(); ++i) {
    const ModelStatistics::Response& response = statistics.responses[i];
    responses[std::to_string(i)] = {{"compute_infer", ToJson(response.compute_infer)},
                                    {"compute_output", ToJson(response.compute_output)},
                                    {"success", ToJson(response.success)},
                                    {"fail", ToJson(response.fail)},
                                    {"empty_response", ToJson(response.empty_response)},
                                    {"cancel", ToJson(response.cancel)}};
  }
  return responses;
}

Json ToJson(const StatisticsEntry& entry) {
  const ModelStatistics& statistics = entry.statistics;
  Json memory = Json::array();
  memory.push_back({{"type", "CPU"}, {"id", 0}, {"byte_size", entry.memory_bytes}});
  for (const StatisticsEntry::GpuMemory& gpu : entry.gpu_memory) {
    memory.push_back({{"type", "GPU"}, {"id", gpu.id}, {"byte_size", gpu.bytes}});
  }
  return {{"name", entry.name},
          {"version", entry.version},
          {"last_inference", MillisecondsSinceEpoch(statistics.last_inference)},
          {"inference_count", statistics.inferences},
          {"execution_count", statistics.executions},
          {"inference_stats", InferenceStats(statistics)},
          {"response_stats", ResponseStats(statistics)},
          {"batch_stats", BatchStats(statistics)},
          {"memory_usage", std::move(memory)}};
}

}  // namespace

uint64_t MillisecondsSinceEpoch(std::chrono::system_clock::time_point time) {
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch());
  return static_cast<uint64_t>(std::max<int64_t>(0, since.count()));
}

std::string EncodeStatistics(std::span<const StatisticsEntry> entries) {
  Json array = Json::array();
  for (const StatisticsEntry& entry : entries) array.push_back(ToJson(entry));
  Json document = Json::object();
  document["model_stats"] = std::move(array);
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace trireme::kserve
