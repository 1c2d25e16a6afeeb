// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "backend/backend.h"
#include "backends/onnx/runtime.h"
#include "backends/onnx/session_settings.h"
#include "base/mutex.h"
#include "base/status.h"
#include "tensor/device.h"

namespace trireme::onnx {

// ONNX Runtime's part for NVIDIA GPUs: a library of its own (libonnxruntime_providers_cuda.so, from ONNX Runtime's GPU
// build), which needs CUDA's. Both are looked for when the first model asks for a GPU; the server is built without
// them.
//
// Thread-safe.
class CudaProvider {
 public:
  // Outlives it.
  explicit CudaProvider(const Runtime& runtime) : runtime_(runtime) {}

  // Whether models can be run there. kUnsupported: no; the text says what is missing and what to install.
  Status RunsOn(const Device& device) const EXCLUDES(mutex_);

  // Sessions made of `options` run there: what the provider has kernels for, while the rest stays on the CPU.
  // `device_bytes`: that a session may take there at most; 0: any number.
  Status Append(OrtSessionOptions* options, const Device& device, uint64_t device_bytes,
                const SessionSettings& settings) const;

 private:
  std::string TryOnce(const Device& device) const;

  const Runtime& runtime_;
  mutable Mutex mutex_;
  // What was found missing when the first GPU was asked for: libraries are for all of them.
  mutable std::optional<std::string> missing_ GUARDED_BY(mutex_);
};

}  // namespace trireme::onnx
