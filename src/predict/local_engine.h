// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "backend/backend_set.h"
#include "base/log.h"
#include "base/memory_pool.h"
#include "base/status.h"
#include "engine/engine.h"
#include "engine/transform_stage.h"
#include "lifecycle/lifecycle.h"
#include "lifecycle/model_control.h"
#include "lifecycle/model_loader.h"
#include "metrics/registry.h"

namespace trireme::predict {

// One model behind a server's engine, without a server around it: found, loaded, tried and batched as `trireme serve`
// does it. Thread-safe. What it answers must be done with before it goes.
class LocalEngine {
 public:
  struct Options {
    std::filesystem::path model;
    std::filesystem::path plugin_folder;
    int threads = 1;  // that all runs may keep busy
  };

  // Loads it, which may take a while. Errors say what is wrong with the model, or that there is none or more than one.
  static Result<std::unique_ptr<LocalEngine>> Open(const Options& options);
  ~LocalEngine();
  LocalEngine(const LocalEngine&) = delete;
  LocalEngine& operator=(const LocalEngine&) = delete;

  Engine& engine() { return engine_; }
  MemoryPool& pool() { return pool_; }
  const ModelDescription& description() const { return description_; }
  // Another one when a file of the model, or how it is to be run, has changed.
  uint64_t fingerprint() const { return fingerprint_; }

 private:
  explicit LocalEngine(const Options& options);
  Status Load(const Options& options);

  Logger log_;
  MemoryPool pool_;
  metrics::Registry registry_;
  BackendSet backends_;
  ModelLoader loader_;
  Lifecycle lifecycle_;
  ModelControl control_;
  Engine engine_;
  TransformStage transforms_;
  ModelDescription description_;
  uint64_t fingerprint_ = 0;
};

}  // namespace trireme::predict
