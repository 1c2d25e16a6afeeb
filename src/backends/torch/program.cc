// SPDX-License-Identifier: Apache-2.0
#include "backends/torch/program.h"

#include <string>
#include <utility>

#include "backends/torch/library.h"
#include "backends/torch/torch_error.h"

namespace trireme::torch_backend {

namespace {

std::unique_ptr<ModuleCopies> CopiesFor(const torch::jit::Module& module, const KeptState& state) {
  if (state.keeps || (state.scratch.empty() && state.flags.empty())) return nullptr;
  return std::make_unique<ModuleCopies>(module, state.scratch);
}

}  // namespace

Program::Program(torch::jit::Module module, ForwardPlan plan, Options options)
    : module_(std::move(module)),
      forward_(&module_.get_method("forward").function()),
      plan_(std::move(plan)),
      options_(std::move(options)),
      turn_(options_.state.keeps ? std::make_unique<Mutex>() : nullptr),
      copies_(CopiesFor(module_, options_.state)) {}

Result<c10::IValue> Program::ToValue(const at::Tensor& tensor, const Leaf& leaf) const {
  if (!tensor.defined()) return c10::IValue();
  if (leaf.kind == Leaf::Kind::kTensor) {
    if (options_.device.kind == DeviceKind::kCpu) return c10::IValue(tensor);
    const at::Device device(at::kCUDA, static_cast<c10::DeviceIndex>(options_.device.index));
    const bool narrow = options_.half && tensor.scalar_type() == at::kFloat;
    return c10::IValue(narrow ? tensor.to(device).to(at::kHalf) : tensor.to(device));
  }
  if (tensor.numel() != 1) {
    return InvalidArgument("input '" + leaf.name + "': expected one number, found a tensor of " +
                           std::to_string(tensor.numel()));
  }
  if (leaf.kind == Leaf::Kind::kInteger) return c10::IValue(tensor.item().toLong());
  if (leaf.kind == Leaf::Kind::kTruth) return c10::IValue(tensor.item().toBool());
  return c10::IValue(tensor.item().toDouble());
}

Result<std::vector<NamedResult>> Program::CallOn(const c10::IValue& self, std::vector<c10::IValue> values) const {
  std::vector<c10::IValue> stack = plan_.Arguments(self, std::move(values));
  forward_->run(stack);
  return Flatten(stack.back());
}

Result<std::vector<NamedResult>> Program::Call(std::vector<c10::IValue> values) const {
  if (copies_ != nullptr) {
    const ModuleCopies::Lease lease(*copies_);
    return CallOn(lease.self(), std::move(values));
  }
  const c10::IValue self(module_._ivalue());
  if (turn_ == nullptr) return CallOn(self, std::move(values));
  const MutexLock lock(*turn_);  // held for a run: what it keeps is what the next one finds
  ASSIGN_OR_RETURN(std::vector<NamedResult> results, CallOn(self, std::move(values)));
  // They may be what the next run writes to.
  for (NamedResult& result : results) {
    if (result.tensor.defined()) result.tensor = result.tensor.clone();
  }
  return results;
}

Result<std::vector<NamedResult>> Program::RunWithThreads(int threads, const std::vector<at::Tensor>& leaves) const {
  UseThreads(threads);
  const torch::NoGradGuard no_gradients;
  const c10::InferenceMode inference(options_.inference_mode);
  const torch::jit::GraphOptimizerEnabledGuard optimizer(options_.optimized);
  std::vector<c10::IValue> values;
  values.reserve(leaves.size());
  for (size_t i = 0; i < leaves.size(); ++i) {
    ASSIGN_OR_RETURN(c10::IValue value, ToValue(leaves[i], plan_.leaves()[i]));
    values.push_back(std::move(value));
  }
  ASSIGN_OR_RETURN(std::vector<NamedResult> results, Call(std::move(values)));
  if (!options_.half) return results;
  for (NamedResult& result : results) {
    if (result.tensor.scalar_type() == at::kHalf) result.tensor = result.tensor.to(at::kFloat);
  }
  return results;
}

Result<std::vector<NamedResult>> Program::Try(const std::vector<at::Tensor>& leaves) const {
  return Guarded(During::kRun, [&]() -> Result<std::vector<NamedResult>> {
    std::vector<at::Tensor> copies;
    for (const at::Tensor& leaf : leaves) copies.push_back(leaf.clone());
    return Run(copies);
  });
}

}  // namespace trireme::torch_backend
