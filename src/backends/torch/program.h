// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "backends/torch/forward_plan.h"
#include "backends/torch/kept_state.h"
#include "backends/torch/libtorch.h"
#include "backends/torch/module_copies.h"
#include "backends/torch/results.h"
#include "base/mutex.h"
#include "base/status.h"
#include "tensor/device.h"

namespace trireme::torch_backend {

// A module with all that a run needs besides inputs. Thread-safe.
class Program {
 public:
  struct Options {
    bool optimized = true;
    bool inference_mode = true;
    KeptState state = {};  // of the module, or of the one that it was made of
    int threads = 1;
    bool half = false;
    Device device = {};
  };

  // The module must have forward.
  Program(torch::jit::Module module, ForwardPlan plan, Options options);

  // One value a leaf of the plan; undefined tensors are left out. May throw whatever the library throws; what the
  // results lack is a Status.
  Result<std::vector<NamedResult>> Run(const std::vector<at::Tensor>& leaves) const {
    return RunWithThreads(options_.threads, leaves);
  }

  // The same with so many threads.
  Result<std::vector<NamedResult>> RunWithThreads(int threads, const std::vector<at::Tensor>& leaves) const;

  // For trials: the same of copies, which the program may write to, and nothing is thrown.
  Result<std::vector<NamedResult>> Try(const std::vector<at::Tensor>& leaves) const;

  const torch::jit::Module& module() const { return module_; }
  const ForwardPlan& plan() const { return plan_; }
  const Options& options() const { return options_; }

 private:
  Result<c10::IValue> ToValue(const at::Tensor& tensor, const Leaf& leaf) const;
  Result<std::vector<NamedResult>> Call(std::vector<c10::IValue> values) const;
  Result<std::vector<NamedResult>> CallOn(const c10::IValue& self, std::vector<c10::IValue> values) const;

  const torch::jit::Module module_;
  torch::jit::Function* const forward_;  // the module's
  const ForwardPlan plan_;
  const Options options_;
  const std::unique_ptr<Mutex> turn_;           // null: any number of threads run it
  const std::unique_ptr<ModuleCopies> copies_;  // null: none of them sets anything
};

}  // namespace trireme::torch_backend
