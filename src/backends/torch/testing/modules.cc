// SPDX-License-Identifier: Apache-2.0
#include "backends/torch/testing/modules.h"

#include <memory>

#include "backends/torch/libtorch.h"
// Behind what keeps its macros away.
#include <torch/csrc/jit/frontend/resolver.h>
#include <torch/csrc/jit/frontend/sugared_value.h>

namespace trireme::torch_backend {
namespace {

// Knows what torch.jit.fork becomes in a file.
struct Names : torch::jit::NativeResolver {
  std::shared_ptr<torch::jit::SugaredValue> resolveValue(const std::string& name, torch::jit::GraphFunction& function,
                                                         const torch::jit::SourceRange& place) override {
    if (name == "fork") return torch::jit::SpecialFormValue::create(c10::prim::fork);
    return NativeResolver::resolveValue(name, function, place);
  }
};

at::Tensor Row(const std::vector<int64_t>& shape) {
  int64_t count = 1;
  for (const int64_t dim : shape) count *= dim;
  return at::sin(at::arange(count, at::kFloat)).reshape(shape);
}

void AddParts(torch::jit::Module& module, const ModuleParts& parts) {
  for (const auto& [name, shape] : parts.parameters) module.register_parameter(name, Row(shape), /*is_buffer=*/false);
  for (const std::string& name : parts.buffers) module.register_buffer(name, at::zeros({1}));
  for (const std::string& name : parts.lists) {
    const c10::List<at::Tensor> list({at::zeros({1})});
    module.register_attribute(name, c10::ListType::ofTensors(), c10::IValue(list));
  }
  for (const std::string& name : parts.dicts) {
    c10::Dict<std::string, at::Tensor> dict;
    dict.insert("n", at::zeros({1}));
    module.register_attribute(name, c10::DictType::create(c10::StringType::get(), c10::TensorType::get()),
                              c10::IValue(dict));
  }
  if (!parts.detector.empty()) {
    module.register_attribute("scales", c10::OptionalType::ofTensor(), c10::IValue());
    module.register_attribute("_has_warned", c10::BoolType::get(), c10::IValue(false));
  }
  if (!parts.settable) return;
  module.register_attribute("warned", c10::BoolType::get(), c10::IValue(false));
  module.register_attribute("count", c10::IntType::get(), c10::IValue(int64_t{0}));
  module.register_attribute("memo", c10::OptionalType::ofTensor(), c10::IValue());
  const c10::List<at::Tensor> grid({at::zeros({1}), at::zeros({1})});
  module.register_attribute("grid", c10::ListType::ofTensors(), c10::IValue(grid));
}

}  // namespace

std::filesystem::path WriteModule(const std::filesystem::path& folder, const std::string& name,
                                  const std::string& forward, const ModuleParts& parts) {
  torch::jit::Module module(parts.detector.empty() ? name : "__torch__." + parts.detector);
  AddParts(module, parts);
  module.define(forward, std::make_shared<Names>());
  std::filesystem::path file = folder / (name + ".pt");
  module.save(file.string());
  return file;
}

}  // namespace trireme::torch_backend
