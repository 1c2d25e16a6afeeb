// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "base/status.h"
#include "model/signature.h"
#include "tensor/tensor.h"

namespace trireme::bench {

// A model that is to run in this process, as a program does that needs no server.
struct LocalModelOptions {
  std::filesystem::path path;  // a file, or a folder that has one model
  int callers = 0;             // threads that run it at a time; 0: one for each processor
  int threads = 1;             // that one run may use
};

inline constexpr int kMaxLocalCallers = 1024;
inline constexpr int kMaxLocalThreads = 1024;

// One that is open. Thread-safe.
class LocalModel {
 public:
  virtual ~LocalModel() = default;

  virtual const Signature& signature() const = 0;
  virtual const std::string& name() const = 0;
  virtual const std::string& runtime() const = 0;  // "ONNX Runtime 1.29.0"
  // On the calling thread: all outputs, which nobody keeps. `inputs` are in the signature's order.
  virtual Status Run(std::span<const Tensor> inputs) = 0;
};

// Opens one. Whoever knows runtimes says how: this part knows none.
using OpenLocalModel = std::function<Result<std::unique_ptr<LocalModel>>(const LocalModelOptions& options)>;

}  // namespace trireme::bench
