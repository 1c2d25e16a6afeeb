// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/model_loader.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "base/thread_pool.h"
#include "lifecycle/trial.h"

namespace trireme {
namespace {

struct OpenedModel {
  std::unique_ptr<OpenModel> model;
  std::string platform;
};

// Opens it with the backend that knows it, and follows "serve these ONNX bytes instead".
Result<OpenedModel> OpenWithBackend(BackendSet& backends, const ModelEntry& entry) {
  const OpenOptions options{.device = entry.config.device, .threads = entry.config.threads};
  ASSIGN_OR_RETURN(Backend * backend, backends.For(entry.path));
  ASSIGN_OR_RETURN(Opened opened, backend->Open({.path = entry.path}, options));
  if (const auto* onnx = std::get_if<OnnxModelBytes>(&opened)) {
    ASSIGN_OR_RETURN(Backend * runner, backends.Named("onnx"));
    ASSIGN_OR_RETURN(Opened converted, runner->Open({.path = entry.path, .onnx = onnx}, options));
    opened = std::move(converted);
  }
  auto* model = std::get_if<std::unique_ptr<OpenModel>>(&opened);
  if (model == nullptr) return Internal("backend 'onnx' gave a conversion instead of a model");
  return OpenedModel{.model = std::move(*model), .platform = std::string(backend->platform())};
}

// Loading stands back for serving.
constexpr int kLoadNiceness = 10;

// With one thread a run nothing is started that would inherit the low priority; a runtime's own threads would.
Result<OpenedModel> OpenQuietly(BackendSet& backends, const ModelEntry& entry) {
  if (entry.config.threads > 1) return OpenWithBackend(backends, entry);
  std::optional<Result<OpenedModel>> opened;
  RunWithNiceness(kLoadNiceness, [&] { opened.emplace(OpenWithBackend(backends, entry)); });
  return *std::move(opened);
}

}  // namespace

ModelConfig DecideThreads(ModelConfig config, int cpus) {
  if (config.instances == 0 && config.threads == 0) config.threads = 1;
  if (config.instances == 0) config.instances = std::max(1, cpus / config.threads);
  if (config.threads == 0) config.threads = std::max(1, cpus / config.instances);
  return config;
}

Result<LoadedModel> ModelLoader::Load(const ModelEntry& entry, const std::function<void()>& opened) {
  ModelEntry decided = entry;
  decided.config = DecideThreads(entry.config, cpus_);
  ASSIGN_OR_RETURN(OpenedModel open, OpenQuietly(backends_, decided));
  opened();

  TrialResult trial;
  RunWithNiceness(kLoadNiceness,
                  [&] { trial = TryModel(*open.model, {.max_rows = decided.config.max_rows}, pool_, clock_); });
  decided.config.max_rows = trial.max_rows;

  auto served = std::make_shared<ServedModel>();
  served->id = decided.id;
  served->signature = open.model->signature();
  served->signature.batched = trial.batched;
  served->config = decided.config;
  served->platform = open.platform;
  served->memory = open.model->memory_use();
  served->free_dim = trial.free_dim;
  served->labels = std::make_shared<const ModelLabels>();
  served->metrics = std::make_shared<ModelMetrics>(registry_, decided.id);
  served->line = std::make_unique<ModelLine>(
      decided.id, served->signature, std::move(open.model),
      ModelLine::Options{.rules = {.max_rows = decided.config.max_rows,
                                   .max_delay = decided.config.max_delay,
                                   .max_waiting_requests = decided.config.max_waiting_requests,
                                   .max_waiting_bytes = decided.config.max_waiting_bytes},
                         .instances = decided.config.instances,
                         .run_inline = decided.config.run_inline},
      pool_, *served->metrics, clock_);
  return LoadedModel{.model = std::move(served), .note = trial.note};
}

}  // namespace trireme
