// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "wire/torchserve/allowed_urls.h"
#include "wire/torchserve/model_settings.h"
#include "wire/torchserve/server_properties.h"

namespace trireme::torchserve {

// How TorchServe's operators want it.
struct Options {
  std::filesystem::path model_store;        // what is registered lies below it; empty: there is none
  std::filesystem::path workflow_store;     // the same of workflows; empty: the model store
  bool enable_model_api = false;            // whether models may be registered and unregistered
  std::optional<AllowedUrls> allowed_urls;  // nothing: no URL but that of a file in the store
  MetricsMode metrics_mode = MetricsMode::kPrometheus;
  std::optional<int64_t> default_workers_per_model;  // of what is loaded at the start
  size_t job_queue_size = 100;                       // requests that wait for a model that is registered
  std::chrono::seconds default_response_timeout{120};
  std::optional<std::chrono::seconds> default_startup_timeout;  // nothing: as long as any load may take
  std::string default_handler;     // of an archive that is registered and names none; empty: nothing is around it
  std::filesystem::path snapshot;  // what is served is written here after each change; empty: nowhere
  std::string hostname;            // in metrics

  bool load_all = false;  // at the start: whatever lies in the store
  std::vector<ModelToLoad> load_models;
  std::vector<ModelSettings> models;           // how they are to be run, by their URLs
  std::vector<ModelSettings> snapshot_models;  // what a snapshot says was there
  std::vector<WorkflowToLoad> snapshot_workflows;
};

}  // namespace trireme::torchserve
