// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/snapshot.h"
#include "base/thread_pool.h"
#include "lifecycle/memory_rules.h"
#include "lifecycle/model_loader.h"
#include "lifecycle/plan.h"
#include "lifecycle/serving_table.h"
#include "lifecycle/version_book.h"
#include "model/version_choice.h"
#include "repository/scan.h"

namespace trireme {

// Brings what is wanted and what is there together: loads, replaces and retires model versions on its own threads, and
// publishes the table of what serves. No request changes a model, and no model that fails disturbs another.
//
// A version goes through the states of ModelState. What the entry's fingerprint says has changed is loaded beside what
// serves; the table changes in one step, and what was replaced answers what it has accepted before it is destroyed. If
// the load fails, what serves goes on, the reason stands in its status, and it is tried again when the files change
// once more. So a version that is ready stays ready until it is not wanted any more:
//
//   wanted:      found -> admitted -> loading -> warming up -> ready (reloading: still ready) | failed
//   not wanted:  ready -> draining -> retired, and forgotten; a load under way ends and is thrown away
//
// Memory: a load begins when its device has room (memory_rules.h). Where models are loaded on demand, what is out of
// memory is brought there by WhenLoaded(), and others go for it:
//
//   ready -> draining -> on demand -> admitted -> loading -> ...
//
// A load cannot be interrupted. One that does not end in time counts as failed; its thread is given up and replaced.
//
// The server as a whole goes one way: starting -> started() -> closing. What comes, fails and goes later does not take
// it back.
//
// Thread-safe. Close() or the destructor retires everything.
class Lifecycle {
 public:
  struct Options {
    int load_threads = 4;  // versions that load at the same time
    MemoryRules memory;
    std::vector<std::string> required_models;  // without which it is not started
    Duration load_timeout{0};                  // a load that takes longer has failed; 0: none does
    std::map<std::string, std::optional<ServiceGoal>>
        goals;  // of models by name, instead of what else says what they are
  };
  // On a loader thread, or on the thread that asks or closes; must not block.
  using Settled = std::function<void(Status)>;

  // Loader and log must outlive it.
  Lifecycle(Options options, ModelLoader& loader, const Logger& log);
  ~Lifecycle();
  Lifecycle(const Lifecycle&) = delete;
  Lifecycle& operator=(const Lifecycle&) = delete;

  // From now on these are wanted, and the scan's problems are shown as failed. What is not wanted any more is out of
  // the table when this returns; the rest goes on by itself.
  void SetDesired(const RepositoryScan& scan) { Want(scan, {}); }

  // The same for one model by name: its versions, its problem, or nothing. What failed is tried again. `files`: what
  // must stay for as long as the entries are served or may be loaded again.
  void SetDesiredOf(const std::string& name, const RepositoryScan& scan, std::shared_ptr<const void> files = nullptr) {
    Want(scan, {.name = name, .retry = true, .files = std::move(files)});
  }

  // Names that can be asked for: they are listed, though nothing of them is loaded, and what was unloaded of them is
  // listed as "unloaded".
  void SetKnown(std::set<std::string, std::less<>> names);
  void AddKnown(const std::string& name);

  // Calls back once: as soon as all that is wanted of the model is ready or has failed, and what is not wanted of it is
  // found by no new request. OK, or kInvalidArgument with the reasons, version by version; kUnavailable: closing.
  void WhenSettled(const std::string& name, Settled then);

  // Calls back once, as soon as the version meant is in memory: at once if it is, else after the load that this asks
  // for. kDeadlineExceeded: `deadline` has passed before; kOutOfMemory: there is no room, the message says who has it;
  // kOverloaded: too many wait already; else why it cannot be had. On the calling thread, a loader thread or one of its
  // own.
  void WhenLoaded(const std::string& name, const VersionChoice& version, TimePoint deadline, Settled done);

  // Calls back once, as soon as a signature of the version's file is open (other_signatures.h) besides the one that the
  // version is, which must be in memory: kUnavailable, kNotFound. kOutOfMemory: there is no room beside what is in
  // memory, nobody goes for it; kCancelled: what was in memory has left it meanwhile; else why it cannot be had. On the
  // calling thread or a loader thread.
  void WhenSignatureOpen(const std::string& name, const VersionChoice& version, const std::string& signature,
                         Settled done);

  // Whoever looks at the repositories again and again gives what has him do it soon; null: nobody does any more. It is
  // called when a load that somebody waits for has failed, which may be because files have changed since the last look:
  // those who wait go on waiting, until their deadline, for HasLooked(). On a loader thread; must not block.
  void SetLookAgain(std::function<void()> look_again);
  // A look that was begun at that time is over, saw nothing that another one must confirm, and was wanted if it says
  // anything new.
  void HasLooked(TimePoint began);

  // As an operator wants it; see Engine. Done as WhenSettled.
  void LoadNow(const std::string& name, Settled done);
  void UnloadNow(const std::string& name, Settled done);
  Status SetPinned(const std::string& name, bool pinned);
  Status SetLabel(const std::string& name, const std::string& label, std::optional<int64_t> version);

  // By device.
  struct Memory {
    uint64_t budget_bytes = 0;  // 0: none
    uint64_t used_bytes = 0;    // by models in memory, on their way there or out of it
    uint64_t other_bytes = 0;   // by bodies of requests, what runs need, and all else that counts
  };
  std::map<std::string, Memory> memory();

  // How often a model left memory for another one.
  uint64_t evictions() const;

  // Requests that wait for a model to be in memory.
  size_t waiting() const;

  // Of every version that was ever loaded.
  std::map<ModelId, VersionBook::Use> Uses();

  // Calls back once, OK: as soon as nothing of the model is in memory any more.
  void WhenGone(const std::string& name, Settled then);

  // What serves right now.
  std::shared_ptr<const ServingTable> table() const { return table_.Read(); }

  // Whether all that was wanted first is ready or has failed, and something has served since (unless nothing was
  // wanted). Never taken back.
  bool started() const { return started_.load(std::memory_order_acquire); }

  // Why not, for people.
  Status WhyNotStarted();

  // Returns when nothing is on its way: every version is ready, failed or gone.
  void WaitUntilSettled();
  bool settled() const;

  // Nothing is wanted any more: every line answers what it has and ends; loads that have not begun are not begun.
  // Returns when all that serves is closed. A load that is under way cannot be interrupted: the destructor waits for
  // it, this does not.
  void Close();

 private:
  // A load that a thread is at.
  struct UnderWay {
    ModelId id;
    uint64_t attempt = 0;
    TimePoint begin;
    Duration timeout;  // 0: none
  };

  void Want(const RepositoryScan& scan, const WishScope& scope);
  void WantPlaceable(const RepositoryScan& scan, const WishScope& scope);
  void Say(const std::vector<VersionBook::News>& news) const;
  void Carry(const std::vector<Action>& actions);
  void Do(std::vector<Action> actions);
  void Operate(const std::string& name, const std::function<bool()>& change, Settled done);
  void CarryOut(const Action& action);
  bool Retire(const ModelId& id);
  bool Load(const ModelId& id);
  void Leave(const ModelId& id, std::shared_ptr<Generation> retired, const DeviceBytes& bytes);
  void NoteFailure(const ModelId& id, const VersionBook::LoadOrder& order, const Status& reason);
  std::shared_ptr<Generation> TakeOver(const ModelId& id, const VersionBook::LoadOrder& order, LoadedModel loaded,
                                       TimePoint begin);
  void Finish(const ModelId& id);
  void FindDigest(const ModelEntry& entry);
  void OpenSignature(const ModelId& id, OtherSignatures& others, const std::string& signature);
  Status RoomForSignature(const ServedModel& model);
  void DescribeWhatIsOut();
  bool Publish();
  void TellSettled();
  struct Told;
  void TellWaiting();
  std::vector<Told> TakeTold();
  void Watch();
  bool WatchOnce(TimePoint& give_back_at);
  void GiveBackWhatLoadsKept();
  void ReleaseIfAwaited();
  TimePoint GiveUpLongLoads(TimePoint now, std::vector<UnderWay>& late) REQUIRES(mutex_);
  bool SettledLocked() const REQUIRES(mutex_);

  // Somebody who waits for a version to be in memory.
  struct Waiting {
    ModelId id;             // as the table had it
    VersionChoice version;  // as it was asked for
    TimePoint deadline;
    Settled done;
  };

  const Options options_;
  ModelLoader& loader_;
  const Logger& log_;
  Snapshot<ServingTable> table_;
  std::atomic<bool> started_ = false;  // set after the table that shows it was published

  mutable Mutex mutex_;
  CondVar moved_;
  CondVar nudge_;  // of the thread that watches the time
  VersionBook book_ GUARDED_BY(mutex_);
  std::function<void()> look_again_ GUARDED_BY(mutex_);
  std::vector<Waiting> waiting_for_memory_ GUARDED_BY(mutex_);
  std::vector<UnderWay> under_way_ GUARDED_BY(mutex_);
  TimePoint give_back_loads_at_ GUARDED_BY(mutex_) = kNever;
  int given_up_ GUARDED_BY(mutex_) = 0;  // loads that may still come to an end
  std::vector<std::pair<std::string, Settled>> waiting_for_end_ GUARDED_BY(mutex_);  // by model
  std::vector<std::pair<std::string, Settled>> waiting_ GUARDED_BY(mutex_);          // by model
  int jobs_ GUARDED_BY(mutex_) = 0;         // handed to the loaders and not yet done
  int generations_ GUARDED_BY(mutex_) = 0;  // that serve or drain
  bool closing_ GUARDED_BY(mutex_) = false;
  Mutex publish_mutex_;  // one publisher at a time, so that an older table never follows a newer one

  ThreadPool digesters_;  // the last three use everything above
  ThreadPool loaders_;
  std::thread watcher_;
};

}  // namespace trireme
