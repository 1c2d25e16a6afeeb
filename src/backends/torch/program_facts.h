// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "backends/torch/kept_state.h"
#include "backends/torch/libtorch.h"
#include "tensor/data_type.h"

namespace trireme::torch_backend {

// What the first operator that takes an argument says of it.
struct ArgumentHint {
  DataType type = DataType::kFp32;
  std::vector<int64_t> dims;        // -1: any size. Rows are in front
  bool may_have_more_dims = false;  // between the rows and the last one
  bool is_image = false;            // all that is free behind the channels is a side
};

// What the program of forward shows, whatever it is given.
struct ProgramFacts {
  bool writes_inputs = true;  // in place
  bool has_loop = false;      // OpenModel::has_loop()
  KeptState state;
  std::vector<std::optional<ArgumentHint>> hints;  // one an argument, without the module itself
};

ProgramFacts LookAt(const torch::jit::Module& module);

}  // namespace trireme::torch_backend
