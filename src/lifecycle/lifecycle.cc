// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/lifecycle.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "base/check.h"
#include "lifecycle/without_folders.h"

namespace trireme {
namespace {

using WallClock = std::chrono::system_clock;

int64_t MillisecondsSince(TimePoint begin) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::System().Now() - begin).count();
}

// What clients are told.
std::string Public(std::string text, const ModelEntry& entry) {
  const std::array<std::filesystem::path, 3> folders = {entry.path.parent_path(), entry.folder, entry.root};
  return WithoutFolders(std::move(text), folders);
}

std::string Joined(const std::vector<std::string>& notes) {
  std::string text;
  for (const std::string& note : notes) text += (text.empty() ? "" : "; ") + note;
  return text;
}

}  // namespace

Lifecycle::Lifecycle(Options options, ModelLoader& loader, const Logger& log)
    : loader_(loader),
      log_(log),
      loaders_({.name = "loader", .threads = options.load_threads, .max_waiting = 1 << 20}) {}

Lifecycle::~Lifecycle() {
  Close();
}

void Lifecycle::Want(const RepositoryScan& scan, const WishScope& scope) {
  VersionBook::Change change;
  std::vector<std::shared_ptr<const void>> dropped;
  {
    const MutexLock lock(mutex_);
    const bool nothing = scan.models.empty() && scan.problems.empty();
    if (closing_ && !nothing) return;
    change = book_.Want(scan, scope, WallClock::now());
    jobs_ += static_cast<int>(change.actions.size());
    dropped = book_.TakeDropped();
  }
  Publish();
  Say(change.news);
  Carry(change.actions);
  TellSettled();
}

void Lifecycle::Say(const std::vector<VersionBook::News>& news) const {
  for (const VersionBook::News& item : news) {
    if (item.is_problem) {
      log_.Write(item.level, "model cannot be served", {{"model", item.model}, {"reason", item.text}});
    } else if (item.model.empty()) {
      log_.Write(item.level, "note", {{"note", item.text}});
    } else {
      log_.Write(item.level, "note", {{"model", item.model}, {"note", item.text}});
    }
  }
}

void Lifecycle::SetKnown(std::set<std::string, std::less<>> names) {
  std::vector<std::shared_ptr<const void>> dropped;
  {
    const MutexLock lock(mutex_);
    book_.SetKnown(std::move(names));
    dropped = book_.TakeDropped();
  }
  Publish();
}

void Lifecycle::AddKnown(const std::string& name) {
  {
    const MutexLock lock(mutex_);
    book_.AddKnown(name);
  }
  Publish();
}

void Lifecycle::Carry(const std::vector<Action>& actions) {
  for (const Action& action : actions) {
    const bool taken = loaders_.Submit([this, action] { CarryOut(action); });
    CHECK(taken);  // the line of jobs is longer than any repository
  }
}

// On a loader thread. The version has arrived before what it replaced has drained, which may take as long as a request.
void Lifecycle::CarryOut(const Action& action) {
  std::shared_ptr<Generation> retired;
  if (action.kind == ActionKind::kRetire) {
    {
      const MutexLock lock(mutex_);
      retired = book_.Draining(action.id);
    }
    retired->Retire();
    log_.Info("model unloaded", {{"model", action.id.name}, {"version", action.id.version}});
    const MutexLock lock(mutex_);
    book_.Retired(action.id, WallClock::now());
  } else {
    retired = Load(action.id);
  }
  Finish(action.id);
  if (action.kind != ActionKind::kRetire && retired) retired->Retire();
  const bool one_less = retired != nullptr;
  retired.reset();
  // Only now, when nothing of it is left: who waits for the last one may end the process.
  const MutexLock lock(mutex_);
  if (one_less) --generations_;
  --jobs_;
  moved_.NotifyAll();
}

// Returns what has to be retired then.
std::shared_ptr<Generation> Lifecycle::Load(const ModelId& id) {
  const TimePoint begin = Clock::System().Now();
  std::optional<VersionBook::LoadOrder> order;
  {
    const MutexLock lock(mutex_);
    order = book_.BeginLoad(id, WallClock::now());
  }
  if (!order) return nullptr;
  Publish();
  Result<LoadedModel> loaded = loader_.Load(order->entry, [&] {
    {
      const MutexLock lock(mutex_);
      book_.Opened(id, WallClock::now());
    }
    Publish();
  });
  if (loaded.ok()) return TakeOver(id, *order, *std::move(loaded), begin);
  log_.Error(order->reload ? "model failed to reload, the one loaded before goes on" : "model failed to load",
             {{"model", id.name}, {"version", id.version}, {"reason", loaded.status().message()}});
  {
    const MutexLock lock(mutex_);
    book_.Failed(id, Public(loaded.status().message(), order->entry), WallClock::now());
  }
  Publish();
  return nullptr;
}

std::shared_ptr<Generation> Lifecycle::TakeOver(const ModelId& id, const VersionBook::LoadOrder& order,
                                                LoadedModel loaded, TimePoint begin) {
  const ModelConfig& config = loaded.model->config;
  log_.Info(order.reload ? "model reloaded" : "model ready", {{"model", id.name},
                                                              {"version", id.version},
                                                              {"load_ms", MillisecondsSince(begin)},
                                                              {"instances", config.instances},
                                                              {"threads", config.threads},
                                                              {"max_batch", config.max_rows}});
  for (const std::string& note : loaded.notes) log_.Info("note", {{"model", id.name}, {"note", note}});
  auto generation = std::make_shared<Generation>(std::move(loaded.model), order.files);
  std::shared_ptr<Generation> retired;
  {
    const MutexLock lock(mutex_);
    ++generations_;
    retired = book_.Loaded(id, std::move(generation), Public(Joined(loaded.notes), order.entry), WallClock::now());
  }
  Publish();
  return retired;
}

// The version has arrived somewhere; goes on with what is wanted of it by now.
void Lifecycle::Finish(const ModelId& id) {
  std::vector<Action> actions;
  std::vector<std::shared_ptr<const void>> dropped;
  {
    const MutexLock lock(mutex_);
    actions = book_.Finish(id, WallClock::now());
    jobs_ += static_cast<int>(actions.size());
    dropped = book_.TakeDropped();
  }
  Publish();
  Carry(actions);
  TellSettled();
}

void Lifecycle::Publish() {
  const MutexLock one_at_a_time(publish_mutex_);
  ServingTable table;
  {
    const MutexLock lock(mutex_);
    if (!book_.changed()) return;  // somebody else's table had it
    table = book_.Table();
  }
  table_.Publish(std::move(table));
}

void Lifecycle::WhenSettled(const std::string& name, Settled then) {
  {
    const MutexLock lock(mutex_);
    waiting_.emplace_back(name, std::move(then));
  }
  TellSettled();
}

// Everything that has settled was published before.
void Lifecycle::TellSettled() {
  std::vector<std::pair<Settled, Status>> told;
  {
    const MutexLock lock(mutex_);
    if (!closing_ && book_.started()) started_.store(true, std::memory_order_release);
    std::vector<std::pair<std::string, Settled>> still;
    for (auto& [name, then] : waiting_) {
      if (closing_) {
        told.emplace_back(std::move(then), Unavailable("the server is shutting down"));
      } else if (book_.settled(name)) {
        told.emplace_back(std::move(then), book_.Verdict(name));
      } else {
        still.emplace_back(name, std::move(then));
      }
    }
    waiting_.swap(still);
  }
  for (auto& [then, status] : told) then(std::move(status));
}

bool Lifecycle::SettledLocked() const {
  return jobs_ == 0 && book_.settled();
}

void Lifecycle::WaitUntilSettled() {
  const MutexLock lock(mutex_);
  while (!SettledLocked()) moved_.Wait(mutex_);
}

bool Lifecycle::settled() const {
  const MutexLock lock(mutex_);
  return SettledLocked();
}

void Lifecycle::Close() {
  {
    const MutexLock lock(mutex_);
    closing_ = true;
  }
  loader_.Stop();
  SetDesired({});
  const MutexLock lock(mutex_);
  while (generations_ > 0) moved_.Wait(mutex_);
}

}  // namespace trireme
