// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "onnxfile/graph_index.h"

namespace trireme::onnxfile {

// Whether a model may import opset 11 of ai.onnx, the first that has all that products of integers take: it does
// already, or all its operators mean the same there. Else why not: "Clip means something else there".
std::string WhyNotRaised(const ModelIndex& index);

inline constexpr int64_t kIntegerOpset = 11;

}  // namespace trireme::onnxfile
