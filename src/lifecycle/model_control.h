// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/scratch_folder.h"
#include "base/status.h"
#include "lifecycle/emptied_roots.h"
#include "lifecycle/errand_queue.h"
#include "lifecycle/lifecycle.h"
#include "lifecycle/load_wish.h"
#include "lifecycle/look_out.h"
#include "lifecycle/outside_names.h"
#include "repository/file_system.h"
#include "repository/scan.h"

namespace trireme {

// Decides which models are wanted, and tells the lifecycle.
//
// Works on one thread of its own, which looks at the repositories; nothing here blocks its callers. What is asked for
// by name is done in order for each model, and side by side for different ones. In explicit mode the repositories are
// looked at as well, but only for the names that could be asked for. Thread-safe.
class ModelControl {
 public:
  enum class Mode : uint8_t {
    kWatch,     // what lies in the repositories, as it comes, changes and goes
    kNone,      // what lay there at the start
    kExplicit,  // what was asked for by name
  };
  struct Options {
    std::vector<std::filesystem::path> paths;  // kExplicit: perhaps none
    ScanOptions scan;
    Mode mode = Mode::kWatch;
    // How often a repository is looked at where the kernel does not tell of changes; where it does, a change is looked
    // at after `settle_interval` without another one. It is acted upon when two looks in a row have seen the same and
    // nobody is writing to it, so that a model which is just being copied is not loaded half. 0: never again.
    std::chrono::milliseconds poll_interval{2000};
    std::chrono::milliseconds settle_interval{200};
    // Whether the kernel tells of all changes in a folder; tests say it themselves.
    std::function<bool(const std::filesystem::path&)> tells_of_all_changes = [](const std::filesystem::path& path) {
      return TellsOfAllChanges(path);
    };
    // kExplicit: at the start; "*" is all, and one that is nowhere is shown as failed.
    std::vector<std::string> load_models;
    // Whether there is a list of named models, `scan.named`, that ServeNamed() may replace. Not in kExplicit.
    bool has_named = false;
  };
  // Exactly once, also when the control or the lifecycle ends before that. On the control thread, a loader thread or
  // that of whoever ends it; for what is refused at once, before Load() or Unload() returns. Must not block.
  using Done = std::function<void(Status)>;

  // Both must outlive it.
  ModelControl(Options options, Lifecycle& lifecycle, const Logger& log);
  ~ModelControl();  // Stop()
  ModelControl(const ModelControl&) = delete;
  ModelControl& operator=(const ModelControl&) = delete;

  // Looks at the repositories for the first time, on the calling thread, and begins to load. Errors: nothing could be
  // looked at at all.
  Status Start();

  // Loads a model, or brings a loaded one up to date with its files; done when its versions are ready or have failed
  // (kInvalidArgument with the reasons: the fault is in the model). A version that serves goes on serving until its
  // successor is ready, and if that fails. What is loaded and unchanged is left as it is; what failed is tried again.
  // An override counts until the next Load. kNotFound: no such model anywhere. kOverloaded: more than 1024 calls wait.
  // kUnavailable in another mode than kExplicit, and after Stop().
  void Load(const std::string& name, LoadOverride instead, Done done);

  // Loads what lies at `from`, outside of the repositories, under that name; see Engine::LoadFrom. Unload() of such a
  // model is done when its memory is free again. kNotFound, of a wish that replaces: there is none to take the place
  // of.
  void LoadFrom(const std::string& name, const std::filesystem::path& from, const LoadWish& wish, Done done);

  // Retires all versions of a model; done as soon as no new request finds it. OK too if it was not loaded. kNotFound:
  // no such model anywhere.
  void Unload(const std::string& name, Done done);

  // Has `told` called with the name of each model that LoadFrom() brought when Unload() takes it away, whoever asks for
  // that: before the unload is done, and before anything else happens under the name. Before Start(); on the control
  // thread; must not block.
  void TellOfUnloads(std::function<void(const std::string& name)> told) { told_of_unloads_ = std::move(told); }

  // From now on these models are served instead of `scan.named`, beside what lies at the paths; done when all of them
  // are ready or have failed (kInvalidArgument, with the reasons). kInvalidArgument, and nothing changes: one of their
  // folders is none. kUnavailable: there is no such list.
  void ServeNamed(std::vector<NamedModel> named, Done done);

  Mode mode() const { return options_.mode; }

  // Takes a look now, on the calling thread, instead of waiting for the next. For tests.
  void LookNow();

  // No further looks; what was asked for and has not begun is answered kUnavailable.
  void Stop();

 private:
  void Work();
  void WorkOnce();
  void BeginToWatch();
  Result<RepositoryScan> Scan() const REQUIRES(look_mutex_);
  bool LookAndTell(std::span<const std::filesystem::path> being_written);
  bool Look(std::span<const std::filesystem::path> being_written);
  void StartExplicit(const RepositoryScan& scan);
  void Attempt(Errand errand);
  void CarryOut(Errand errand);
  void CarryOutNamed(Errand errand);
  Result<RepositoryScan> FindOutside(const Errand& errand);
  Result<RepositoryScan> FindModel(const Errand& errand, std::shared_ptr<const ScratchFolder>& scratch);
  bool IsKnown(const std::string& name) const;
  void Ask(Errand errand);

  const Options options_;
  Lifecycle& lifecycle_;
  const Logger& log_;
  const std::shared_ptr<ErrandQueue> errands_;  // shared with callbacks of the lifecycle, which may outlive the control

  std::optional<LookOut> look_out_;  // of the control thread, once it runs
  mutable Mutex look_mutex_;         // one look at a time
  std::vector<NamedModel> named_ GUARDED_BY(look_mutex_);
  EmptiedRoots emptied_ GUARDED_BY(look_mutex_);
  RepositoryScan applied_ GUARDED_BY(look_mutex_);
  RepositoryScan previous_ GUARDED_BY(look_mutex_);
  uint64_t overrides_ = 0;  // so far; of the control thread
  std::function<void(const std::string&)> told_of_unloads_;
  // What LoadFrom() brought. Shared with callbacks of the lifecycle, as above.
  const std::shared_ptr<OutsideNames> outside_ = std::make_shared<OutsideNames>();

  Mutex thread_mutex_;
  std::thread thread_ GUARDED_BY(thread_mutex_);
};

}  // namespace trireme
