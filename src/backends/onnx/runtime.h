// SPDX-License-Identifier: Apache-2.0
#pragma once

#ifndef ORT_API_MANUAL_INIT
#define ORT_API_MANUAL_INIT
#endif
#include <onnxruntime_c_api.h>

#include <filesystem>
#include <memory>
#include <string>

#include "base/log.h"
#include "base/memory_pool.h"
#include "base/status.h"

namespace trireme::onnx {

class ArenaTrimmer;
class Environment;
class HelperThreads;

// An object of ONNX Runtime's and the function that releases it.
template <typename T>
using Handle = std::unique_ptr<T, void (*)(T*)>;

// The library, opened at run time, and the one environment that all models share (environment.h).
//
// Thread-safe. Models and outputs share it, since an output that a client still reads may be the last thing alive. The
// library itself is never closed. It has one environment a process: a second Runtime beside the first shares that, its
// log included.
class Runtime {
 public:
  // Opens libonnxruntime.so.1 from $ONNXRUNTIME_ROOT/lib if that is set, else from `folder`.
  static Result<std::shared_ptr<const Runtime>> Open(const std::filesystem::path& folder, const Logger& log,
                                                     MemoryPool& pool);

  ~Runtime();
  const OrtApi& api() const { return api_; }
  const OrtEnv* env() const;
  const OrtMemoryInfo* cpu() const;
  HelperThreads& helpers() const;
  const std::string& version() const { return version_; }
  const std::filesystem::path& folder() const { return folder_; }  // where it lies, and looks for its parts
  MemoryPool& pool() const { return pool_; }

  // Gives what the shared arena holds and nobody uses back to the system.
  void ReleaseIdleMemory() const;

 private:
  Runtime(const OrtApi& api, std::string version, std::filesystem::path folder, MemoryPool& pool);

  const OrtApi& api_;
  const std::string version_;
  const std::filesystem::path folder_;
  MemoryPool& pool_;
  std::shared_ptr<Environment> environment_;  // shared with other Runtimes
  std::unique_ptr<ArenaTrimmer> trimmer_;
};

}  // namespace trireme::onnx
