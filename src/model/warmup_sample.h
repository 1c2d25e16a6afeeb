// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "tensor/data_type.h"
#include "tensor/shape.h"

namespace trireme {

// A request that somebody wants a model to have run before it serves (Triton's ModelWarmup).
struct WarmupSample {
  struct Input {
    enum class Fill : uint8_t { kZero, kRandom, kFile };
    DataType type = DataType::kFp32;
    Shape dims;  // of one row: without the batch dimension, if the model batches
    Fill fill = Fill::kZero;
    std::filesystem::path file;  // kFile: the elements of one row as they lie in memory; BYTES as V2 sends them
  };
  std::string name;  // for messages
  int64_t rows = 0;  // 0 for a model that does not batch
  std::map<std::string, Input> inputs;
  int count = 1;  // how often it is run
};

}  // namespace trireme
