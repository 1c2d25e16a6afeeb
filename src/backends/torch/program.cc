// SPDX-License-Identifier: Apache-2.0
#include "backends/torch/program.h"

#include <string>
#include <utility>

#include "backends/torch/library.h"
#include "backends/torch/torch_error.h"

namespace trireme::torch_backend {

Program::Program(torch::jit::Module module, ForwardPlan plan, Options options)
    : module_(std::move(module)),
      forward_(&module_.get_method("forward").function()),
      plan_(std::move(plan)),
      options_(options),
      turn_(options.one_at_a_time ? std::make_unique<Mutex>() : nullptr) {}

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

Result<std::vector<NamedResult>> Program::Call(std::vector<c10::IValue> stack) const {
  if (turn_ == nullptr) {
    forward_->run(stack);
    return Flatten(stack.back());
  }
  const MutexLock lock(*turn_);  // held for a run: what it keeps is what the next one finds
  forward_->run(stack);
  ASSIGN_OR_RETURN(std::vector<NamedResult> results, Flatten(stack.back()));
  // They may be what the next run writes to.
  for (NamedResult& result : results) {
    if (result.tensor.defined()) result.tensor = result.tensor.clone();
  }
  return results;
}

Result<std::vector<NamedResult>> Program::Run(const std::vector<at::Tensor>& leaves) const {
  UseThreads(options_.threads);
  const torch::NoGradGuard no_gradients;
  const c10::InferenceMode inference(options_.inference_mode);
  const torch::jit::GraphOptimizerEnabledGuard optimizer(options_.optimized);
  std::vector<c10::IValue> values;
  values.reserve(leaves.size());
  for (size_t i = 0; i < leaves.size(); ++i) {
    ASSIGN_OR_RETURN(c10::IValue value, ToValue(leaves[i], plan_.leaves()[i]));
    values.push_back(std::move(value));
  }
  ASSIGN_OR_RETURN(std::vector<NamedResult> results,
                   Call(plan_.Arguments(c10::IValue(module_._ivalue()), std::move(values))));
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
