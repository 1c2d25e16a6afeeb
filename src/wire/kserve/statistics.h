// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/statistics.h"

namespace trireme::kserve {

// GET /v2/models/M/stats ("Statistics" extension): a model version, what it did, and the memory it holds.
struct StatisticsEntry {
  std::string name;
  std::string version;
  ModelStatistics statistics;
  uint64_t memory_bytes = 0;  // of the host's
  struct GpuMemory {
    int64_t id = 0;  // of the GPU; of a slice 0
    uint64_t bytes = 0;
  };
  std::vector<GpuMemory> gpu_memory = {};
};
std::string EncodeStatistics(std::span<const StatisticsEntry> entries);

// As `last_inference` tells it; 0: never.
uint64_t MillisecondsSinceEpoch(std::chrono::system_clock::time_point time);

}  // namespace trireme::kserve
