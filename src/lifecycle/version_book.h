// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/status.h"
#include "lifecycle/generation.h"
#include "lifecycle/plan.h"
#include "lifecycle/serving_table.h"
#include "repository/scan.h"

namespace trireme {

// How far a wish goes.
struct WishScope {
  std::optional<std::string> name;    // it is about this model alone; none: about all
  bool retry = false;                 // what failed is tried again, although nothing has changed
  std::shared_ptr<const void> files;  // what the entries' files need to stay; shared with the generations they become
};

// Everything that is known of every version: what is wanted of it, what it is, and why. Decides, with PlanActions, what
// is to be done, and is told what came of it; carries nothing out itself.
//
// A version is busy from the moment an action on it is handed out until Finish(); twice if it is to be retired while
// its successor loads. Not thread-safe: a Lifecycle guards it. What may take long to destroy is put aside for
// TakeDropped().
class VersionBook {
 public:
  using WallTime = std::chrono::system_clock::time_point;

  // Something for the log, said once.
  struct News {
    LogLevel level = LogLevel::kInfo;
    std::string model;  // empty: of none
    std::string text;
    bool is_problem = false;
  };
  struct Change {
    std::vector<Action> actions;  // to be carried out: loads, reloads, retirements
    std::vector<News> news;
  };

  // From now on this is wanted, and what is not in it is not. A model with a problem keeps what serves.
  Change Want(const RepositoryScan& scan, const WishScope& scope, WallTime now);

  // Names that can be loaded on demand: they are listed, and what was unloaded of them is remembered.
  void SetKnown(std::set<std::string, std::less<>> names);
  void AddKnown(const std::string& name);

  // A load begins: with the entry as it is wanted by now; or not, because it is not wanted any more.
  struct LoadOrder {
    ModelEntry entry;
    std::shared_ptr<const void> files;  // see WishScope
    bool reload = false;
  };
  std::optional<LoadOrder> BeginLoad(const ModelId& id, WallTime now);
  void Opened(const ModelId& id, WallTime now);

  // It ended. Returns what has to be retired now: the predecessor, or the loaded one itself if it is not wanted any
  // more.
  std::shared_ptr<Generation> Loaded(const ModelId& id, std::shared_ptr<Generation> generation, std::string note,
                                     WallTime now);
  void Failed(const ModelId& id, std::string reason, WallTime now);

  // What a retirement that was handed out is about; and its end.
  std::shared_ptr<Generation> Draining(const ModelId& id) const;
  void Retired(const ModelId& id, WallTime now);

  // The version is not busy any more: what is to be done next.
  std::vector<Action> Finish(const ModelId& id, WallTime now);

  // Nothing is wanted any more but what is wanted has arrived, or has failed; with a name, of this model.
  bool settled() const;
  bool settled(const std::string& name) const;

  // Why not all that is wanted of a model serves as it is wanted. OK if it does, or if nothing is.
  Status Verdict(const std::string& name) const;

  // Whether what was wanted first has arrived or failed, and something serves or nothing was wanted.
  bool started();

  // Whether the table is another one since it was last asked for.
  bool changed() const { return changed_; }
  ServingTable Table();

  // What was let go since the last call; to be destroyed outside the guard.
  std::vector<std::shared_ptr<const void>> TakeDropped();

 private:
  // A version as far as it has come.
  struct Tracked {
    ModelEntry entry;                   // as it is wanted, or was last
    std::shared_ptr<const void> files;  // see WishScope
    bool wanted = false;
    int busy = 0;  // actions handed out
    ModelState state = ModelState::kFound;
    WallTime since;
    uint64_t tried = 0;
    std::string failure;  // why the last try failed; empty if it did not

    std::shared_ptr<Generation> generation;  // what serves; shared with the loader thread that brings or retires it
    uint64_t loaded = 0;                     // its fingerprint
    std::string note;                        // what is worth knowing of it
    std::shared_ptr<Generation> draining;    // shared with the loader thread that retires it
    std::shared_ptr<ModelMetrics> metrics;   // shared with the generations: counts go on through all of them
  };
  // What looks like a model and cannot be one.
  struct Problem {
    ModelStatus status;
    std::string text;  // as the log has it
  };
  using Versions = std::map<ModelId, Tracked>;

  void WantEntry(const ModelEntry& entry, const WishScope& scope, std::vector<News>& news, WallTime now);
  void ReplaceProblems(const RepositoryScan& scan, const WishScope& scope, std::vector<News>& news, WallTime now);
  void SayNotes(const RepositoryScan& scan, const WishScope& scope, std::vector<News>& news);
  std::vector<Action> Plan(Versions::iterator begin, Versions::iterator end, WallTime now);
  void Begin(const Action& action, WallTime now);
  void Forget(const ModelId& id);
  VersionFacts FactsOf(const ModelId& id, const Tracked& tracked) const;
  ModelStatus StatusOf(const ModelId& id, const Tracked& tracked) const;
  bool Serves(const std::string& name) const;
  std::vector<const Versions::value_type*> VersionsOf(const std::string& name) const;
  void MoveTo(Tracked& tracked, ModelState state, WallTime now);
  void ForgiveFailure(Tracked& tracked);
  static bool Arrived(const Tracked& tracked);
  bool Settled(const ModelId& id, const Tracked& tracked) const;
  // Serves in the place of a wanted version of its model, none of which is ready.
  bool StandsIn(const ModelId& id, const Tracked& tracked) const;

  Versions versions_;
  std::map<std::string, Problem> problems_;  // by name; by path if it has none
  std::set<std::string, std::less<>> known_;
  std::set<std::string> notes_;  // of the last scan of everything
  bool changed_ = true;
  bool asked_ = false;  // something was wanted, or nothing: the start
  bool asked_for_nothing_ = false;
  std::set<ModelId> starting_;  // wanted at the start and not yet arrived
  std::vector<std::shared_ptr<const void>> dropped_;
};

}  // namespace trireme
