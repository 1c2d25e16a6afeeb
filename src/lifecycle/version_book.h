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
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"
#include "lifecycle/device_bytes.h"
#include "lifecycle/expected_size.h"
#include "lifecycle/generation.h"
#include "lifecycle/memory_plan.h"
#include "lifecycle/memory_rules.h"
#include "lifecycle/placement.h"
#include "lifecycle/plan.h"
#include "lifecycle/serving_table.h"
#include "lifecycle/usage.h"
#include "repository/scan.h"

namespace trireme {

// One moment on both clocks.
struct Moment {
  std::chrono::system_clock::time_point wall;
  TimePoint steady;

  static Moment Now() { return {.wall = std::chrono::system_clock::now(), .steady = Clock::System().Now()}; }
};

// How far a wish goes.
struct WishScope {
  std::optional<std::string> name;    // it is about this model alone; none: about all
  bool retry = false;                 // what failed is tried again, although nothing has changed
  std::shared_ptr<const void> files;  // what the entries' files need to stay; shared with the generations they become
};

// Everything that is known of every version: what is wanted of it, what it is, and why. Decides, with PlanActions, what
// is to be done, and is told what came of it; carries nothing out itself.
//
// A version is loaded when the devices on which its copies are placed (placement.h) have room for it (memory_plan.h):
// until then its load is asked for, and not handed out. Where models are loaded on demand, what is wanted may be out of
// memory (ModelState::kOnDemand) until it is demanded, and whoever is worth least goes for it.
//
// A version is busy from the moment an action on it is handed out until Finish(); twice if it is to be retired while
// its successor loads. Not thread-safe: a Lifecycle guards it. What may take long to destroy is put aside for
// TakeDropped().
class VersionBook {
 public:
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

  explicit VersionBook(MemoryRules rules = {}) : rules_(std::move(rules)) {}

  // From now on this is wanted, and what is not in it is not. A model with a problem keeps what serves.
  Change Want(const RepositoryScan& scan, const WishScope& scope, const Moment& now);

  // Names that can be loaded on demand: they are listed, and what was unloaded of them is remembered.
  void SetKnown(std::set<std::string, std::less<>> names);
  void AddKnown(const std::string& name);

  // Somebody waits for a version that is wanted: it is to be loaded, whoever has to go for it. What is to be done now.
  std::vector<Action> Demand(const ModelId& id, const Moment& now);

  // What came of it. Nothing yet: it is still on its way. OK: it serves; kOutOfMemory: there is no room; else it is not
  // there to wait for, and a serving table says why.
  std::optional<Status> Outlook(const ModelId& id) const;

  // What of a model is in memory and wanted shall leave it, and stay out until it is demanded. False: nothing is.
  bool PutAside(const std::string& name);
  // As an operator wants it: all that is wanted of a model is demanded, and what failed is tried again. False: nothing
  // is wanted.
  bool Recall(const std::string& name, const Moment& now);

  // False: no such model.
  bool SetPinned(const std::string& name, bool pinned);
  bool is_pinned(const std::string& name) const { return pinned_.contains(name); }

  // kNotFound, kUnavailable: see Engine::SetLabel.
  Status SetLabel(const std::string& name, const std::string& label, std::optional<int64_t> version);

  // Time has passed: who has been idle for too long leaves, who came too early to go may go now. What is to be done.
  std::vector<Action> Tick(const Moment& now);
  // When that should be, at the latest.
  TimePoint next_tick() const { return next_tick_; }

  // Wanted versions of which nobody knows yet what they are, because they have not been loaded: each is told of once.
  std::vector<ModelEntry> TakeUndescribed();
  void SetDescription(const ModelEntry& entry, std::shared_ptr<const ServedModel> description);

  // The digest of the files that it was loaded from is known.
  void SetDigest(const ModelId& id, uint64_t fingerprint, const std::string& digest);
  bool KnowsDigest(const ModelId& id) const;

  // What models have or were promised.
  DeviceBytes UsedBytes() const;

  // What counts of a device's budget besides, as it was when somebody last asked for memory or called this.
  void NoteOthers();
  uint64_t OtherBytes(const std::string& device) const;

  // Whether there is no room for a load as things are, and MemoryRules::release_idle may change that: nobody goes and
  // nobody is refused before. Released(), once that is done: what is to be done now.
  bool awaits_release() const { return awaits_release_; }
  std::vector<Action> Released(const Moment& now);

  // How often a model left memory for another one.
  uint64_t evictions() const { return evictions_; }

  struct Use {
    uint64_t requests = 0;
    TimePoint last_used;  // the epoch: never
    std::optional<Duration> p99;
  };
  // Of every version that was ever loaded.
  std::map<ModelId, Use> Uses(const Moment& now);

  // A load begins: with the entry as it is wanted by now; or not, because it is not wanted any more.
  struct LoadOrder {
    ModelEntry entry;
    std::shared_ptr<const void> files;  // see WishScope
    bool reload = false;
    uint64_t attempt = 0;
    DeviceBytes promised;
  };
  std::optional<LoadOrder> BeginLoad(const ModelId& id, const Moment& now);
  void Opened(const ModelId& id, const Moment& now);

  // Whether anybody still waits for the end of this attempt: not of one that was given up.
  bool IsCurrent(const ModelId& id, uint64_t attempt) const;

  // It ended. Returns what has to be retired now: the predecessor, or the loaded one itself if it is not wanted any
  // more; Left() is due when that is gone.
  std::shared_ptr<Generation> Loaded(const ModelId& id, std::shared_ptr<Generation> generation, std::string note,
                                     const Moment& now);
  void Failed(const ModelId& id, Status reason, const Moment& now);

  // Whether somebody looks at the repository again and again, and says so by HasLooked(). A load that somebody waits
  // for may fail because files have changed since the last look: who waits for it waits for the next one then, which
  // may say that it is another version that is wanted.
  void SetLooks(bool somebody_looks) { somebody_looks_ = somebody_looks; }
  bool AwaitsLook(const ModelId& id) const;
  // There was one, begun at that time, and what came of it has been wanted. Whether anybody waited for it.
  bool HasLooked(TimePoint began);

  // It takes too long: counts as failed from now on, and what comes of it nobody will ask for. Until HasEnded() its
  // memory counts, whatever becomes of the version, and nothing of that model is loaded: nobody knows how many such
  // loads there would be else. Files that came meanwhile are tried then.
  void GiveUp(const ModelId& id, const Moment& now);
  std::vector<Action> HasEnded(uint64_t attempt, const Moment& now);

  // So many bytes that a model had are free again: what is to be done with them.
  std::vector<Action> Left(const ModelId& id, const DeviceBytes& bytes, const Moment& now);

  // What a retirement that was handed out is about; and its end.
  std::shared_ptr<Generation> Draining(const ModelId& id) const;
  std::string_view WhyItLeaves(const ModelId& id) const;
  void Retired(const ModelId& id, const Moment& now);

  // The version is not busy any more: what is to be done next.
  std::vector<Action> Finish(const ModelId& id, const Moment& now);

  // Nothing is wanted any more but what is wanted has arrived, or has failed; with a name, of this model.
  bool settled() const;
  bool settled(const std::string& name) const;

  // Nothing of the model is in memory, or on its way there or out of it.
  bool gone(const std::string& name) const;

  // Why not all that is wanted of a model serves as it is wanted. OK if it does, or if nothing is.
  Status Verdict(const std::string& name) const;

  // Whether what was wanted first has arrived or failed, something serves or may be demanded or nothing was wanted, and
  // of each model that is required a version serves.
  bool started() { return WhyNotStarted().ok(); }
  Status WhyNotStarted();

  // Whether the table is another one since it was last asked for.
  bool changed() const { return changed_; }
  void NoteChange() { changed_ = true; }
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
    std::chrono::system_clock::time_point since;
    uint64_t tried = 0;
    uint64_t attempt = 0;    // which load is under way, or was the last; of all versions' loads, no two have the same
    std::string failure;     // why the last try failed; empty if it did not
    bool given_up = false;   // its last load did not end in time
    bool blocked = false;    // its files were not tried, as an earlier load of its model had not ended
    bool no_memory = false;  // because there was no room

    std::optional<uint64_t> ask;           // for memory: its number, in the order of asking; nothing: it does not ask
    bool demanded = false;                 // somebody waits for it
    bool put_aside = false;                // it shall leave memory
    std::string_view leaves_because = {};  // for people; empty: it is not wanted any more
    bool gave_way = false;                 // to its successor, for which there was no room beside it
    Status refusal;                        // why it could not be had when somebody asked last
    TimePoint retry_at;                    // before that nobody tries again
    bool failing = false;                  // its last load failed, and until retry_at other versions go before it
    std::optional<TimePoint> awaits_look;  // since when; see SetLooks
    DeviceBytes promised;                  // to the load under way
    DeviceBytes leaving;                   // by what drains
    // Where its copies go, by their wishes: decided anew whenever memory is granted, until it is.
    std::vector<Device> placed;
    std::vector<DeviceWish> placed_for;
    TimePoint arrived;  // in memory
    Duration load_took{0};
    Usage usage;
    std::optional<Provenance> provenance;
    std::string digest;                              // of its files, once it was found
    uint64_t digested = 0;                           // the fingerprint that they had then
    std::shared_ptr<const ServedModel> description;  // of what serves, or would; shared with the tables
    uint64_t described = 0;                          // its fingerprint
    bool being_described = false;

    std::shared_ptr<Generation> generation;  // what serves; shared with the loader thread that brings or retires it
    uint64_t loaded = 0;                     // its fingerprint
    uint64_t loaded_weights = 0;             // its weights_fingerprint
    uint64_t unlike_weights = 0;             // the same, if it was not what it was like after all
    std::string note;                        // what is worth knowing of it
    std::shared_ptr<Generation> draining;    // shared with the loader thread that retires it
    std::shared_ptr<ModelMetrics> metrics;   // shared with the generations: counts go on through all of them
  };
  // A load that was given up and has not ended.
  struct GivenUpLoad {
    ModelId id;
    DeviceBytes promised;
  };
  // What looks like a model and cannot be one.
  struct Problem {
    ModelStatus status;
    std::string text;  // as the log has it
  };
  using Versions = std::map<ModelId, Tracked>;
  using ClaimsByDevice = std::map<std::string, std::vector<MemoryClaim>>;
  // What becomes of those who have or want memory of one device.
  struct DevicePlan {
    std::vector<MemoryClaim> claims;
    MemoryPlan plan = {};
  };

  void WantEntry(const ModelEntry& entry, const WishScope& scope, std::vector<News>& news, const Moment& now);
  void ReplaceProblems(const RepositoryScan& scan, const WishScope& scope, std::vector<News>& news, const Moment& now);
  void SayNotes(const RepositoryScan& scan, const WishScope& scope, std::vector<News>& news);
  std::vector<Action> Plan(Versions::iterator begin, Versions::iterator end, const Moment& now);
  void Begin(const Action& action, const Moment& now);
  void Forget(const ModelId& id);
  void Ask(const Action& action, const Moment& now);
  bool IsMerelyFilling(const ModelId& id, const Tracked& tracked) const;
  void Grant(std::vector<Action>& actions, const Moment& now);
  std::vector<ModelId> AskingInOrder() const;
  void Place(const Moment& now);
  std::vector<DeviceRoom> Rooms() const;
  uint64_t BudgetOf(const std::string& device) const;
  bool Stays(const std::string& name) const;
  bool MayGo(const ModelId& id, const Tracked& tracked) const;
  bool IsTooLarge(const DeviceBytes& bytes) const;
  std::string WhyItDoesNotServe(const std::string& name) const;
  DeviceBytes Expected(const Tracked& tracked) const;
  void AddClaims(const ModelId& id, Tracked& tracked, ClaimsByDevice& claims, const Moment& now);
  std::vector<DevicePlan> PlanDevices(const Moment& now);
  bool RefuseWhoNeedsSeveral(const std::vector<DevicePlan>& plans, const Moment& now);
  void GrantWhatIsGranted(const std::vector<DevicePlan>& plans, std::vector<Action>& actions, const Moment& now);
  void Evict(const std::vector<DevicePlan>& plans, std::vector<Action>& actions, const Moment& now);
  bool AwaitRelease(const std::vector<DevicePlan>& plans, const Moment& now);
  void Refuse(const ModelId& id, const MemoryRefusal& refusal, const Moment& now);
  static void NoteDigest(Tracked& tracked, uint64_t fingerprint, const std::string& digest);
  static bool SharesWithItself(const Tracked& tracked);
  static uint64_t LikenessOf(const Tracked& tracked);
  void NoteTwins();
  bool IsUnlikeItsTwin(const ModelId& id, const ServedModel& model) const;
  bool MayPass(const Tracked& tracked, StatusCode reason) const;
  bool ComesBack(const ModelId& id, const Tracked& tracked) const;
  bool IsYoung(const Tracked& tracked, const Moment& now) const;
  void NoteUse(Tracked& tracked, const Moment& now);
  bool IsInReach(const ModelId& id, const Tracked& tracked) const;
  void TakeLabels(const ModelEntry& entry);
  void ShowLabels(ServingTable& table);
  void ShowAwaited(ServingTable& table) const;
  VersionFacts FactsOf(const ModelId& id, const Tracked& tracked) const;
  ModelStatus StatusOf(const ModelId& id, const Tracked& tracked) const;
  bool Serves(const std::string& name) const;
  const Problem* ProblemOf(const ModelId& id) const;
  std::vector<const Versions::value_type*> VersionsOf(const std::string& name) const;
  void MoveTo(Tracked& tracked, ModelState state, const Moment& now);
  void ForgiveFailure(Tracked& tracked);
  void NoteOtherFiles(Tracked& tracked, const Moment& now);
  static bool Arrived(const Tracked& tracked);
  bool Settled(const ModelId& id, const Tracked& tracked) const;
  // Serves in the place of a wanted version of its model: none of them is ready, or not the one that a label is meant
  // for which leads here.
  bool StandsIn(const ModelId& id, const Tracked& tracked) const;
  const std::string* LabelThatStays(const ModelId& id) const;

  const MemoryRules rules_;
  Versions versions_;
  ExpectedSizes sizes_;
  std::set<std::pair<uint64_t, std::string>> twins_;  // likeness and device of what is or will be in memory
  bool somebody_looks_ = false;
  std::map<uint64_t, GivenUpLoad> given_up_loads_;  // by attempt
  uint64_t attempts_ = 0;                           // so far
  uint64_t asks_ = 0;                               // so far
  uint64_t evictions_ = 0;                          // so far
  uint64_t other_bytes_ = 0;  // that the process has beside its models, as far as a load on its way lets it be told
  bool awaits_release_ = false;
  std::optional<TimePoint> released_;  // when that was done last, if nothing was loaded since
  TimePoint next_tick_ = kNever;
  std::set<std::string, std::less<>> pinned_ = rules_.pinned;
  std::map<std::string, std::map<std::string, int64_t>> config_labels_;  // as config files had them last
  std::map<std::string, ServingTable::Labels, std::less<>> labels_;      // as they are wanted
  std::map<std::string, ServingTable::Labels, std::less<>> shown_;       // as they were shown last
  std::map<std::string, Problem> problems_;  // by name, or name/version; by path without one
  std::set<std::string, std::less<>> known_;
  std::set<std::string> notes_;  // of the last scan of everything
  bool changed_ = true;
  bool asked_ = false;  // something was wanted, or nothing: the start
  bool asked_for_nothing_ = false;
  std::set<ModelId> starting_;  // wanted at the start and not yet arrived
  std::vector<std::shared_ptr<const void>> dropped_;
};

}  // namespace trireme
