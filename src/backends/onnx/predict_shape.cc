// SPDX-License-Identifier: Apache-2.0
#include "backends/onnx/predict_shape.h"

#include <string_view>

namespace trireme::onnx {
namespace {

std::optional<int64_t> FindDim(std::string_view name, const std::vector<TensorSpec>& specs,
                               std::span<const Tensor> inputs) {
  if (name.empty()) return std::nullopt;
  for (size_t i = 0; i < specs.size(); ++i) {
    for (size_t d = 0; d < specs[i].dim_names.size() && d < inputs[i].shape.rank(); ++d) {
      if (specs[i].dim_names[d] == name) return inputs[i].shape[d];
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Shape> PredictShape(const TensorSpec& output, const std::vector<TensorSpec>& input_specs,
                                  std::span<const Tensor> inputs) {
  Shape shape = output.shape;
  for (size_t d = 0; d < shape.rank(); ++d) {
    if (shape[d] != Shape::kAny) continue;
    const std::optional<int64_t> dim = FindDim(output.dim_names[d], input_specs, inputs);
    if (!dim) return std::nullopt;
    shape[d] = *dim;
  }
  return shape;
}

}  // namespace trireme::onnx
