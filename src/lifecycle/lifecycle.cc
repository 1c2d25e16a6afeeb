// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/lifecycle.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/check.h"

namespace trireme {
namespace {

int64_t MillisecondsSince(TimePoint begin) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::System().Now() - begin).count();
}

// What people know it by, if it could not be given a name.
std::string NameOf(const ModelProblem& problem) {
  return problem.name.empty() ? problem.path.string() : problem.name;
}

// What clients are told: where on this machine the file lies is none of their business.
std::string WithoutFolder(std::string text, const std::filesystem::path& path) {
  if (path.parent_path().empty()) return text;
  const std::string folder = (path.parent_path() / "").string();
  for (size_t at = text.find(folder); at != std::string::npos; at = text.find(folder)) text.erase(at, folder.size());
  return text;
}

bool OnItsWay(ModelState state) {
  return state != ModelState::kReady && state != ModelState::kFailed && state != ModelState::kRetired;
}

}  // namespace

Lifecycle::Lifecycle(Options options, ModelLoader& loader, const Logger& log)
    : loader_(loader),
      log_(log),
      loaders_({.name = "loader", .threads = options.load_threads, .max_waiting = 1 << 20}) {}

Lifecycle::~Lifecycle() {
  Close();
}

void Lifecycle::SetDesired(const RepositoryScan& scan) {
  const std::vector<Action> actions = Reconcile(scan);
  Publish();
  for (const ModelProblem& problem : scan.problems) {
    log_.Error("model cannot be served", {{"model", NameOf(problem)}, {"reason", problem.status.message()}});
  }
  for (const std::string& note : scan.notes) log_.Info("note", {{"note", note}});
  for (const ModelEntry& entry : scan.models) {
    for (const std::string& note : entry.notes) log_.Info("note", {{"model", entry.id.name}, {"note", note}});
  }
  for (const Action& action : actions) Carry(action);
}

// Takes note of what the scan found; what follows from it.
std::vector<Action> Lifecycle::Reconcile(const RepositoryScan& scan) {
  const auto now = std::chrono::system_clock::now();
  std::vector<ModelId> desired;
  const MutexLock lock(mutex_);
  for (const ModelEntry& entry : scan.models) {
    desired.push_back(entry.id);
    Tracked& tracked = versions_[entry.id];
    tracked.entry = entry;
    if (tracked.status.id.name.empty())
      tracked.status = {.id = entry.id, .state = ModelState::kFound, .reason = {}, .since = now};
  }
  for (const ModelProblem& problem : scan.problems) {
    const ModelId id{.name = problem.name.empty() ? problem.path.filename().string() : problem.name, .version = 0};
    versions_[id].status = {.id = id,
                            .state = ModelState::kFailed,
                            .reason = WithoutFolder(problem.status.message(), problem.path),
                            .since = now};
  }
  std::vector<ModelStatus> actual;
  for (const auto& [id, tracked] : versions_) actual.push_back(tracked.status);
  std::vector<Action> actions = PlanActions(desired, actual);
  for (const Action& action : actions) {
    if (action.kind == ActionKind::kLoad) versions_[action.id].status.state = ModelState::kAdmitted;
  }
  busy_ += static_cast<int>(actions.size());
  return actions;
}

void Lifecycle::Carry(const Action& action) {
  const bool taken = loaders_.Submit([this, action] {
    action.kind == ActionKind::kLoad ? Load(action.id) : Retire(action.id);
    const MutexLock lock(mutex_);
    --busy_;
    moved_.NotifyAll();
  });
  CHECK(taken);  // the line of jobs is longer than any repository
}

void Lifecycle::Load(const ModelId& id) {
  const TimePoint begin = Clock::System().Now();
  ModelEntry entry;
  {
    const MutexLock lock(mutex_);
    entry = versions_[id].entry;
  }
  if (closing()) return MoveTo(id, ModelState::kRetired);
  MoveTo(id, ModelState::kLoading);
  Result<LoadedModel> loaded = loader_.Load(entry, [&] { MoveTo(id, ModelState::kWarmingUp); });
  if (!loaded.ok()) {
    log_.Error("model failed to load",
               {{"model", id.name}, {"version", id.version}, {"reason", loaded.status().message()}});
    return MoveTo(id, ModelState::kFailed, WithoutFolder(loaded.status().message(), entry.path));
  }
  const ModelConfig& config = loaded->model->config;
  log_.Info("model ready", {{"model", id.name},
                            {"version", id.version},
                            {"load_ms", MillisecondsSince(begin)},
                            {"instances", config.instances},
                            {"threads", config.threads},
                            {"max_batch", config.max_rows}});
  if (!loaded->note.empty()) log_.Info("note", {{"model", id.name}, {"note", loaded->note}});
  bool too_late = false;
  {
    const MutexLock lock(mutex_);
    too_late = closing_;
    if (!too_late) versions_[id].model = loaded->model;
  }
  if (!too_late) return MoveTo(id, ModelState::kReady, loaded->note);
  loaded->model->line->Close();
  MoveTo(id, ModelState::kRetired);
}

void Lifecycle::Retire(const ModelId& id) {
  std::shared_ptr<ServedModel> model;
  {
    const MutexLock lock(mutex_);
    model = versions_[id].model;
  }
  MoveTo(id, ModelState::kDraining);  // out of the table: no new requests find it
  if (model) model->line->Close();
  {
    const MutexLock lock(mutex_);
    versions_[id].model.reset();
  }
  MoveTo(id, ModelState::kRetired);
}

void Lifecycle::MoveTo(const ModelId& id, ModelState state, std::string reason) {
  {
    const MutexLock lock(mutex_);
    ModelStatus& status = versions_[id].status;
    status.state = state;
    status.reason = std::move(reason);
    status.since = std::chrono::system_clock::now();
    moved_.NotifyAll();
  }
  Publish();
}

void Lifecycle::Publish() {
  const MutexLock one_at_a_time(publish_mutex_);
  ServingTable table;
  {
    const MutexLock lock(mutex_);
    for (const auto& [id, tracked] : versions_) {
      table.statuses.push_back(tracked.status);
      if (tracked.status.state == ModelState::kReady) table.ready[id.name][id.version] = tracked.model;
    }
  }
  table_.Publish(std::move(table));
}

bool Lifecycle::SettledLocked() const {
  return busy_ == 0 && std::none_of(versions_.begin(), versions_.end(),
                                    [](const auto& version) { return OnItsWay(version.second.status.state); });
}

void Lifecycle::WaitUntilSettled() {
  const MutexLock lock(mutex_);
  while (!SettledLocked()) moved_.Wait(mutex_);
}

bool Lifecycle::settled() const {
  const MutexLock lock(mutex_);
  return SettledLocked();
}

bool Lifecycle::closing() const {
  const MutexLock lock(mutex_);
  return closing_;
}

void Lifecycle::Close() {
  {
    const MutexLock lock(mutex_);
    closing_ = true;
  }
  SetDesired({});
  const MutexLock lock(mutex_);
  const auto serves = [](const auto& version) { return version.second.model != nullptr; };
  while (std::any_of(versions_.begin(), versions_.end(), serves)) moved_.Wait(mutex_);
}

}  // namespace trireme
