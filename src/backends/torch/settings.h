// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "backend/backend.h"
#include "base/status.h"

namespace trireme::torch_backend {

// How a module is to be run, as far as somebody may choose: "optimize" and "precision", which are ours, and the
// settings of Triton's PyTorch backend (https://github.com/triton-inference-server/pytorch_backend), by the same names
// and with the same values.
struct Settings {
  enum class Execution {
    kAuto,    // whichever of the others is fastest here and gives the same
    kPlain,   // as it was saved
    kFreeze,  // weights become constants, and what follows from that is computed once
    kOfi,     // torch's optimize_for_inference: kernels that want their weights in another order, which costs memory
  };

  Execution execution = Execution::kAuto;
  bool half = false;                 // FP16 on a GPU, where clients see FP32
  bool optimized = true;             // the interpreter watches a few runs and rewrites the program after them
  bool inference_mode = true;        // nothing is noted for gradients; else only nothing is kept
  int threads = 1;                   // that one run may use
  std::vector<std::string> ignored;  // what was given and has no effect here
};

std::string_view Name(Settings::Execution execution);

// kInvalidArgument names the setting, what is expected and what was given.
Result<Settings> ReadSettings(const OpenOptions& options);

}  // namespace trireme::torch_backend
