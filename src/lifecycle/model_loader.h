// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "backend/backend_set.h"
#include "base/clock.h"
#include "base/memory_pool.h"
#include "base/status.h"
#include "cache/response_cache.h"
#include "lifecycle/metrics_shelf.h"
#include "lifecycle/request_warmup.h"
#include "lifecycle/served_model.h"
#include "lifecycle/shape_shelf.h"
#include "lifecycle/shared_models.h"
#include "lifecycle/trial_book.h"
#include "metrics/registry.h"
#include "model/service_goal.h"
#include "repository/scan.h"
#include "scheduler/processors.h"

namespace trireme {

// What came of loading a model.
struct LoadedModel {
  std::shared_ptr<ServedModel> model;  // shared by the serving table and the requests that find it there
  std::vector<std::string> notes;      // for people: decisions that may surprise, warnings about its config file
  std::vector<std::string> warnings;   // what somebody wanted of it and will not have
};

// Makes a model version serve: finds its backend, opens it, lays its config file over what the model says, tries it,
// warms it up, decides what is left open, and starts its instances. Thread-safe; runs on loader threads.
class ModelLoader {
 public:
  // All must outlive the models it loads. `cpus`: threads that all models together may keep busy.
  ModelLoader(BackendSet& backends, MemoryPool& pool, metrics::Registry& registry, int cpus,
              const Clock& clock = Clock::System())
      : backends_(backends),
        pool_(pool),
        metrics_(registry),
        cpus_(cpus),
        clock_(clock),
        processors_(std::make_shared<Processors>(cpus)) {}

  // That runs of its models share, but for those for which somebody has set how many there are.
  const Processors& processors() const { return *processors_; }

  // No model takes more of a device than its budget (memory_rules.h). Before the first load.
  void SetBudgets(std::map<std::string, uint64_t> budgets) { budgets_ = std::move(budgets); }
  // Of these models, instead of what else says what their goals are. Before the first load.
  void SetGoals(std::map<std::string, std::optional<ServiceGoal>> goals) { goals_ = std::move(goals); }
  // Without a reader recorded requests are not run. Before the first load.
  void ReadRequestsWith(RequestReader read) { read_request_ = std::move(read); }
  // Answers of models whose config wants that are kept there, if there is one. Before the first load; outlives it.
  void KeepAnswersIn(ResponseCache& cache) { answers_ = &cache; }
  void ReadLogsWith(LogReader read) { read_log_ = std::move(read); }  // the same of TF Serving's logs

  // Calls `opened` between opening and the trial runs. Errors name the file or the field, what was expected and what
  // was found. Its metrics are those of whatever else lives of this version.
  Result<LoadedModel> Load(const ModelEntry& entry, const std::function<void()>& opened);

  // A signature of its file besides the one that it is (other_signatures.h), with a line of its own. It has none of
  // what its config file says of the model's inputs and outputs, or of what is done around it.
  Result<std::shared_ptr<ServedModel>> LoadSignature(const ModelEntry& entry, const std::string& signature);

  // What its files say of a model, without loading it: as its Description() after a load, as far as that shows without
  // a trial run.
  Result<std::shared_ptr<const ServedModel>> Describe(const ModelEntry& packed) const;

  // As lifecycle/model_source.h.
  void KeepOffGpus(ModelEntry& entry, std::span<const Device> devices);

  // Warm-ups end before their next run, and the loads that they are part of with kUnavailable.
  void Stop() { stopping_.store(true, std::memory_order_relaxed); }

 private:
  class Loading;

  std::shared_ptr<OtherSignatures> OtherSignaturesOf(const ModelEntry& entry,
                                                     std::shared_ptr<const FileSignatures> file);
  Result<OpenedModel> OpenOnce(const ModelEntry& entry, int threads_alone);
  Result<std::vector<OpenedModel>> OpenOnDevices(const ModelEntry& entry);
  void SetGoalOf(ModelEntry& entry) const;
  TrialResult Try(OpenModel& model, const ModelEntry& entry, const Signature& signature);
  bool IsStopping() const { return stopping_.load(std::memory_order_relaxed); }

  BackendSet& backends_;
  MemoryPool& pool_;
  SharedModels shared_;
  MetricsShelf metrics_;
  ShapeShelf shapes_;
  TrialBook trials_;
  const int cpus_;
  const Clock& clock_;
  const std::shared_ptr<Processors> processors_;             // shared with the lines
  std::map<std::string, uint64_t> budgets_;                  // by device
  std::map<std::string, std::optional<ServiceGoal>> goals_;  // by the name of the model
  RequestReader read_request_;
  LogReader read_log_;
  ResponseCache* answers_ = nullptr;
  std::atomic<bool> stopping_ = false;  // a lone flag: it orders nothing
};

// The config with instances and threads decided: as many callers of one thread as there are processors, because two
// callers with one thread each do more than one with two (docs/performance.md); one given number decides the other. No
// more threads a run than processors, and no more than 32 instances for each.
ModelConfig DecideThreads(ModelConfig config, int cpus);

// The same of a model that keeps state (OpenModel::keeps_state): one instance a device, whose runs have the processors
// of all that were decided on.
ModelConfig DecideInstancesOfKept(ModelConfig config, int cpus);

// kInvalidArgument: the config wants of a decoupled model what only one response a request can give.
Status CheckDecoupled(const ModelConfig& config);

}  // namespace trireme
