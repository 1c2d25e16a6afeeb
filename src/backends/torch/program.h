// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backends/torch/forward_plan.h"
#include "backends/torch/libtorch.h"
#include "backends/torch/open_file.h"
#include "backends/torch/results.h"
#include "base/mutex.h"
#include "base/status.h"
#include "tensor/data_type.h"
#include "tensor/device.h"

namespace trireme::torch_backend {

// Reads the module in a file that ReadArchive() took for one, in the mode for inference. Loads torchvision's operators
// first if it uses them.
Result<torch::jit::Module> LoadModule(const OpenFile& file);

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
  bool keeps_state = false;   // it writes to its own attributes: runs must come one after the other
  std::vector<std::optional<ArgumentHint>> hints;  // one an argument, without the module itself
};

ProgramFacts LookAt(const torch::jit::Module& module);

// A module with all that a run needs besides inputs. Thread-safe.
class Program {
 public:
  struct Options {
    bool optimized = true;
    bool inference_mode = true;
    bool one_at_a_time = false;
    int threads = 1;
    bool half = false;
    Device device = {};
  };

  // The module must have forward.
  Program(torch::jit::Module module, ForwardPlan plan, Options options);

  // One value a leaf of the plan; undefined tensors are left out. May throw whatever the library throws; what the
  // results lack is a Status.
  Result<std::vector<NamedResult>> Run(const std::vector<at::Tensor>& leaves) const;

  const torch::jit::Module& module() const { return module_; }
  const ForwardPlan& plan() const { return plan_; }
  const Options& options() const { return options_; }

 private:
  Result<c10::IValue> ToValue(const at::Tensor& tensor, const Leaf& leaf) const;
  c10::IValue Call(std::vector<c10::IValue> stack) const;

  const torch::jit::Module module_;
  torch::jit::Function* const forward_;  // the module's
  const ForwardPlan plan_;
  const Options options_;
  const std::unique_ptr<Mutex> turn_;  // null: any number of threads run it
};

}  // namespace trireme::torch_backend
