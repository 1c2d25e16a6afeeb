// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "backends/onnx/helper_threads.h"
#include "backends/onnx/runtime.h"
#include "base/log.h"
#include "base/status.h"

namespace trireme::onnx {

// ONNX Runtime's environment, of which it has one a process, and what all sessions share with it: its log goes to ours,
// its arena holds what runs need between input and output, its threads help those who run.
//
// Thread-safe.
class Environment {
 public:
  // The one that there is, with the log that it has; else a new one. Shared by those who use it; with the last it goes.
  static Result<std::shared_ptr<Environment>> Share(const OrtApi& api, const Logger& log);

  ~Environment();
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  const OrtEnv* get() const { return env_.get(); }
  const OrtMemoryInfo* cpu() const { return cpu_.get(); }
  HelperThreads& helpers() { return helpers_; }

 private:
  explicit Environment(const OrtApi& api);
  Status Make(const Logger& log);
  Status ShareArena();

  const OrtApi& api_;
  Handle<OrtMemoryInfo> cpu_;
  HelperThreads helpers_;  // end with the environment
  Handle<OrtEnv> env_;
};

}  // namespace trireme::onnx
