// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "model/signature.h"
#include "tensor/tensor.h"

namespace trireme::onnx {

// The shape that an output will have, as far as the signature promises: its dimensions are fixed, or named like a
// dimension of an input. Nothing if one is neither. A model may still break its promise.
std::optional<Shape> PredictShape(const TensorSpec& output, const std::vector<TensorSpec>& input_specs,
                                  std::span<const Tensor> inputs);

}  // namespace trireme::onnx
