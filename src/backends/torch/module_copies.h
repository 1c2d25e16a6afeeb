// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "backends/torch/kept_state.h"
#include "backends/torch/libtorch.h"
#include "base/mutex.h"

namespace trireme::torch_backend {

// Copies of a module for runs at the same time, each with objects of its own, whose attributes a run may set. Tensors,
// and with them the weights, are shared. There come to be as many as there were runs at the same time. Thread-safe.
class ModuleCopies {
 public:
  // `scratch` are as they are in the module when a run begins, whatever the one before it has set.
  ModuleCopies(const torch::jit::Module& module, std::vector<AttributePath> scratch);
  ~ModuleCopies();
  ModuleCopies(const ModuleCopies&) = delete;
  ModuleCopies& operator=(const ModuleCopies&) = delete;

  // One of them, for a run.
  class Lease;

 private:
  struct Copy;

  std::unique_ptr<Copy> Take();
  std::unique_ptr<Copy> Make() const;
  void Return(std::unique_ptr<Copy> copy);

  const torch::jit::Module module_;
  const std::vector<AttributePath> scratch_;
  Mutex mutex_;
  std::vector<std::unique_ptr<Copy>> idle_ GUARDED_BY(mutex_);
};

class ModuleCopies::Lease {
 public:
  explicit Lease(ModuleCopies& owner);
  ~Lease();
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  const c10::IValue& self() const;

 private:
  ModuleCopies& owner_;
  std::unique_ptr<Copy> copy_;
};

}  // namespace trireme::torch_backend
