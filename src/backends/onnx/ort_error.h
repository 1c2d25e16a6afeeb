// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "backends/onnx/runtime.h"
#include "base/status.h"

namespace trireme::onnx {

// Takes an error of ONNX Runtime's (nullptr is none) and releases it. Errors of opening a model: kNotFound for a
// missing file, kUnsupported for what the runtime does not implement, kInvalidArgument for a model that is wrong, else
// kInternal.
Status ToStatus(const OrtApi& api, OrtStatus* error);

// The same for an error of a run. Kernels are deterministic on a CPU, so one that refuses refuses these inputs:
// kInvalidArgument, unless an implementation was lacking (kInternal) or memory (kOutOfMemory).
Status ToRunStatus(const OrtApi& api, OrtStatus* error);

// The runtime's text without what only its authors understand: source files, function signatures and conditions.
std::string Clean(std::string_view message);

}  // namespace trireme::onnx
