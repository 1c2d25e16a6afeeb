// SPDX-License-Identifier: Apache-2.0
#include "protocols/torchserve/start_loads.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/mutex.h"
#include "base/out_of_memory.h"
#include "protocols/torchserve/model_store.h"
#include "protocols/torchserve/workflow_manage.h"

namespace trireme::torchserve {
namespace {

constexpr size_t kAtATime = 64;

std::vector<ModelSettings> SettingsAtStart(const Options& options) {
  // What a snapshot says is all that was there.
  if (!options.snapshot_models.empty()) return options.snapshot_models;
  std::vector<ModelSettings> wanted;
  if (options.load_all) {
    for (const std::string& name : ListStore(options)) wanted.push_back({.name = {}, .version = {}, .mar_name = name});
  }
  for (const ModelToLoad& model : options.load_models) {
    wanted.push_back({.name = model.name, .version = {}, .mar_name = model.url});
  }
  return wanted;
}

std::vector<WantedModel> WantedAtStart(const Services& services) {
  std::vector<WantedModel> wanted;
  for (ModelSettings& settings : SettingsAtStart(services.options)) {
    WantedModel& model = wanted.emplace_back(WantedModel{.settings = std::move(settings)});
    const ModelSettings& said = model.settings;
    if (said.name.empty() || said.version.empty()) continue;
    auto reserved = services.book.Reserve(said.name, said.version,
                                          {.engine_name = said.engine_name.value_or(""),
                                           .is_default = said.default_version.value_or(false),
                                           .kept = said});
    // What has none finds out why when its turn comes.
    if (auto* const reservation = std::get_if<ModelBook::Reservation>(&reserved)) {
      model.reservation.emplace(std::move(*reservation));
    }
  }
  return wanted;
}

}  // namespace

// How far it is. Thread-safe.
class StartLoads::Progress {
 public:
  Progress(const Services& services, size_t count)
      : services_(services), not_ready_(count == 0 ? nullptr : services.engine.WithholdReady()), left_(count) {
    services_.book.Expect(count);
  }

  // Waits until another one may begin; false: no more may.
  bool Begin() {
    const MutexLock lock(mutex_);
    while (under_way_ >= kAtATime && !is_stopping_) changed_.Wait(mutex_);
    if (is_stopping_) return false;
    ++under_way_;
    return true;
  }

  // It is there, or has failed. What was given up is expected for ever: nobody shall think that all is there.
  void End() {
    std::shared_ptr<const void> no_longer;
    bool is_last = false;
    {
      const MutexLock lock(mutex_);
      --under_way_;
      is_last = --left_ == 0;
      if (is_last) no_longer = std::move(not_ready_);
      changed_.NotifyAll();
    }
    no_longer.reset();
    services_.book.ExpectNoMore();
    if (is_last) Survives("a snapshot", services_.log, [this] { SaveSnapshot(services_); });
  }

  void Stop() {
    const MutexLock lock(mutex_);
    is_stopping_ = true;
    changed_.NotifyAll();
  }

 private:
  const Services& services_;
  Mutex mutex_;
  CondVar changed_;
  std::shared_ptr<const void> not_ready_ GUARDED_BY(mutex_);  // shared with nobody
  size_t left_ GUARDED_BY(mutex_);
  size_t under_way_ GUARDED_BY(mutex_) = 0;
  bool is_stopping_ GUARDED_BY(mutex_) = false;
};

StartLoads::StartLoads(const Services& services)
    : services_(services),
      wanted_(WantedAtStart(services)),
      progress_(std::make_shared<Progress>(services, wanted_.size() + services.options.snapshot_workflows.size())) {
  for (const WorkflowToLoad& workflow : services.options.snapshot_workflows) services.workflows.Keep(workflow);
  services_.engine.WhenStopping([progress = progress_] { progress->Stop(); });
}

StartLoads::~StartLoads() {
  Stop();
}

void StartLoads::Begin() {
  if (wanted_.empty() && services_.options.snapshot_workflows.empty()) return;
  thread_.emplace(ThreadPool::Options{.name = "start-loads", .threads = 1, .max_waiting = 1});
  thread_->Submit([this] { LoadAll(); });
}

void StartLoads::LoadAll() {
  for (WantedModel& model : wanted_) {
    if (!LoadNext([&](const std::shared_ptr<Progress>& end) { Load(std::move(model), end); })) return;
  }
  for (const WorkflowToLoad& workflow : services_.options.snapshot_workflows) {
    if (!LoadNext([&](const std::shared_ptr<Progress>& end) { Load(workflow, end); })) return;
  }
}

// False: no more may begin.
template <typename Step>
bool StartLoads::LoadNext(Step load) {
  if (!progress_->Begin()) return false;
  // Ends with the last of those who know of this load, whether it was carried out or no memory was left for it.
  const std::shared_ptr<Progress> end(progress_.get(), [progress = progress_](Progress*) { progress->End(); });
  Survives("a model that is wanted at the start", services_.log, [&] { load(end); });
  return true;
}

void StartLoads::Load(WantedModel model, const std::shared_ptr<Progress>& end) {
  const std::string url = model.settings.mar_name.value_or("");
  RegisterAtStart(services_, std::move(model), [&services = services_, url, end](const ManageResult& result) {
    const Failure* const failure = std::get_if<Failure>(&result);
    if (failure == nullptr) return;
    services.log.Error("a model that was to be loaded at the start cannot be served",
                       {{"url", url}, {"reason", failure->message}});
  });
}

void StartLoads::Load(const WorkflowToLoad& workflow, const std::shared_ptr<Progress>& end) {
  RegisterWorkflowAtStart(services_, workflow, [&services = services_, workflow, end](const ManageResult& result) {
    const Failure* const failure = std::get_if<Failure>(&result);
    if (failure == nullptr) return;
    services.log.Error("a workflow that was to be there at the start cannot be served",
                       {{"workflow", workflow.name}, {"reason", failure->message}});
  });
}

void StartLoads::Stop() {
  progress_->Stop();
}

}  // namespace trireme::torchserve
