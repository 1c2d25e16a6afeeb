// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/onnx/runtime.h"
#include "base/status.h"

namespace trireme::onnx {

// A model that gives back the one FP32 element that it is given: for what ONNX Runtime does on the occasion of a run
// alone.
struct OneElementModel {
  static constexpr const char* kInput = "x";
  static constexpr const char* kOutput = "y";
};

// Opened in this environment; runs of it may be helped (helper_threads.h).
Result<Handle<OrtSession>> OpenOneElementModel(const OrtApi& api, const OrtEnv& env);

// The element where it is, for a run to read or to write. It outlives what is returned.
Result<Handle<OrtValue>> ViewOneElement(const OrtApi& api, const OrtMemoryInfo& cpu, float& element);

}  // namespace trireme::onnx
