// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "bench/stages.h"

namespace trireme::bench {

// The decisions of the capacity test (capacity.h). All pure.

// How much of the budget is filled: the rest is for requests.
inline constexpr double kFilledShare = 0.9;

// What a server says of the memory in which its models live.
struct ModelMemory {
  uint64_t budget_bytes = 0;
  uint64_t used_bytes = 0;   // by models
  uint64_t other_bytes = 0;  // of the budget, by what is no model

  uint64_t filled_bytes() const { return used_bytes + other_bytes; }
};

// Reads it from a server's metrics: trireme_memory_budget_bytes, trireme_memory_used_bytes and
// trireme_memory_other_bytes of the device "cpu". kUnsupported names the one that is missing.
Result<ModelMemory> ReadModelMemory(std::string_view metrics);

// The value of a sample, by its name and labels as they are written; nothing if there is none.
std::optional<double> FindSample(std::string_view metrics, std::string_view name_and_labels);

// Whether another copy is to be loaded: less than the share is filled, and what the others take would fit once more. A
// server would make room by giving up others, which then would not be there together.
bool HasRoomForOneMore(const ModelMemory& memory, uint64_t bytes_a_model);

// Disk space for all copies that can be needed, with one that is too many.
uint64_t DiskBytesNeeded(uint64_t budget_bytes, uint64_t file_bytes);

// 1, 2, 5 ... 200 users, five seconds each.
std::vector<Stage> UsualStages();

// A stage ends after its time, but not before each of its users had so many answers: of a slow model nothing would be
// known otherwise.
inline constexpr uint64_t kLeastAnswersOfAUser = 2;

// "resnet50", "resnet50 (2)": what the variants are called, by their files' names, or by the model's folder where
// "resnet50/1/model.onnx" is the file.
std::vector<std::string> VariantNames(const std::vector<std::string>& files);

// The names of copies, as the server will know them: "resnet50-0001".
std::string CopyName(std::string_view variant, size_t number);

}  // namespace trireme::bench
