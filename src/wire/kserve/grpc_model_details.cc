// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <string>

#include "proto/grpc_service.pb.h"
#include "wire/kserve/grpc_metadata.h"
#include "wire/kserve/proto_fields.h"

namespace trireme::kserve {
namespace {

void Set(const CountedTime& time, inference::StatisticDuration& to) {
  to.set_count(time.count);
  to.set_ns(static_cast<uint64_t>(std::max<int64_t>(0, time.total.count())));
}

void Set(const ModelStatistics& statistics, inference::InferStatistics& to) {
  Set(statistics.success, *to.mutable_success());
  Set(statistics.fail, *to.mutable_fail());
  Set(statistics.queue, *to.mutable_queue());
  Set(statistics.compute_input, *to.mutable_compute_input());
  Set(statistics.compute_infer, *to.mutable_compute_infer());
  Set(statistics.compute_output, *to.mutable_compute_output());
  Set(statistics.cache_hit, *to.mutable_cache_hit());
  Set(statistics.cache_miss, *to.mutable_cache_miss());
}

void Set(uint64_t rows, const ModelStatistics::Batch& batch, inference::InferBatchStatistics& to) {
  to.set_batch_size(rows);
  Set(batch.compute_input, *to.mutable_compute_input());
  Set(batch.compute_infer, *to.mutable_compute_infer());
  Set(batch.compute_output, *to.mutable_compute_output());
}

void Set(const ModelStatistics::Response& response, inference::InferResponseStatistics& to) {
  Set(response.compute_infer, *to.mutable_compute_infer());
  Set(response.compute_output, *to.mutable_compute_output());
  Set(response.success, *to.mutable_success());
  Set(response.fail, *to.mutable_fail());
  Set(response.empty_response, *to.mutable_empty_response());
  Set(response.cancel, *to.mutable_cancel());
}

void Set(const StatisticsEntry& entry, inference::ModelStatistics& to) {
  const ModelStatistics& statistics = entry.statistics;
  to.set_name(Utf8OrReplaced(entry.name));
  to.set_version(Utf8OrReplaced(entry.version));
  to.set_last_inference(MillisecondsSinceEpoch(statistics.last_inference));
  to.set_inference_count(statistics.inferences);
  to.set_execution_count(statistics.executions);
  Set(statistics, *to.mutable_inference_stats());
  for (const auto& [rows, batch] : statistics.batches) Set(rows, batch, *to.add_batch_stats());
  for (size_t i = 0; i < statistics.responses.size(); ++i) {
    Set(statistics.responses[i], (*to.mutable_response_stats())[std::to_string(i)]);
  }
  inference::MemoryUsage& memory = *to.add_memory_usage();
  memory.set_type("CPU");
  memory.set_byte_size(entry.memory_bytes);
  for (const StatisticsEntry::GpuMemory& gpu : entry.gpu_memory) {
    inference::MemoryUsage& more = *to.add_memory_usage();
    more.set_type("GPU");
    more.set_id(gpu.id);
    more.set_byte_size(gpu.bytes);
  }
}

}  // namespace

std::string EncodeGrpcModelConfig(const ModelConfigParts& parts) {
  inference::ModelConfigResponse response;
  *response.mutable_config() = MakeModelConfig(parts);
  return response.SerializeAsString();
}

std::string EncodeGrpcStatistics(std::span<const StatisticsEntry> entries) {
  inference::ModelStatisticsResponse response;
  for (const StatisticsEntry& entry : entries) Set(entry, *response.add_model_stats());
  return response.SerializeAsString();
}

}  // namespace trireme::kserve
