// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <cstdint>
#include <memory>
#include <string>

#include "backend/testing/fake_backend.h"
#include "base/log.h"
#include "base/memory_pool.h"
#include "lifecycle/model_loader.h"
#include "lifecycle/serving_table.h"
#include "metrics/registry.h"
#include "model/infer_request.h"
#include "model/testing/recorded_reply.h"
#include "repository/scan.h"

namespace trireme {

// All that a lifecycle of fake models needs. Outlives it.
struct FakeModels {
  explicit FakeModels(const FakeOptions& options = {}, int log_fd = STDERR_FILENO, LogLevel least = LogLevel::kError)
      : log(log_fd, Logger::Form::kText, least) {
    backends.Add(MakeFakeBackend(script, options));
  }

  MemoryPool pool;
  metrics::Registry registry;
  const Logger log;
  const std::shared_ptr<FakeScript> script = std::make_shared<FakeScript>();  // shared with the models
  BackendSet backends{PluginHost{.pool = pool, .log = log, .folder = "/nowhere"}};
  ModelLoader loader{backends, pool, registry, /*cpus=*/2};
};

// A model that need not lie anywhere: fakes open every path. A stem that begins with "bad" does not load.
inline ModelEntry FakeEntry(const std::string& name, int64_t version = 1, uint64_t fingerprint = 1) {
  ModelEntry entry;
  entry.id = {name, version};
  entry.path = "/models/" + name + ".onnx";
  entry.folder = "/models";
  entry.fingerprint = fingerprint;
  return entry;
}

// A request to a fake model, as the engine hands it to a line.
inline std::unique_ptr<InferRequest> FakeRequest(MemoryPool& pool, const RecordedReply& reply, int64_t rows = 1) {
  auto request = std::make_unique<InferRequest>();
  request->inputs.push_back({"x", MakeTensor(pool, DataType::kFp32, {rows, 4})});
  request->rows = rows;
  request->bytes = static_cast<size_t>(rows) * 16;
  request->outputs.push_back({.name = "y", .index = 0, .destination = {}});
  request->reply = reply.MakeReply();
  return request;
}

// What a table says of a version; kRetired if it does not know it.
inline ModelStatus StatusIn(const ServingTable& table, const std::string& name, int64_t version = 1) {
  for (const ModelStatus& status : table.statuses) {
    if (status.id.name == name && status.id.version == version) return status;
  }
  return {.id = {name, version}, .state = ModelState::kRetired, .reason = "not in the table", .since = {}};
}

}  // namespace trireme
