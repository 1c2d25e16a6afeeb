// SPDX-License-Identifier: Apache-2.0
#include "backends/torch/testing/modules.h"

#include "backends/torch/libtorch.h"

namespace trireme::torch_backend {

std::filesystem::path WriteModule(const std::filesystem::path& folder, const std::string& name,
                                  const std::string& forward,
                                  const std::vector<std::pair<std::string, std::vector<int64_t>>>& parameters) {
  torch::jit::Module module(name);
  for (const auto& [parameter, shape] : parameters) {
    int64_t count = 1;
    for (const int64_t dim : shape) count *= dim;
    module.register_parameter(parameter, at::sin(at::arange(count, at::kFloat)).reshape(shape), /*is_buffer=*/false);
  }
  module.define(forward);
  std::filesystem::path file = folder / (name + ".pt");
  module.save(file.string());
  return file;
}

}  // namespace trireme::torch_backend
