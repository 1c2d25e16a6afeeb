// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/version_book.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>
#include <utility>

#include "base/calendar.h"
#include "base/check.h"
#include "lifecycle/without_folders.h"
#include "repository/below.h"
#include "repository/model_name.h"

namespace trireme {
namespace {

// "2026-03-01T12:00:05Z"
std::string TimeText(std::chrono::system_clock::time_point time) {
  const UtcTime utc = ToUtc(std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count());
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02dZ", utc.year, utc.month, utc.day, utc.hour,
                utc.minute, utc.second);
  return text.data();
}

// What people know it by, if it could not be given a name.
std::string KeyOf(const ModelProblem& problem) {
  if (problem.name.empty()) return problem.path.string();
  return problem.version > 0 ? ModelId{problem.name, problem.version}.text() : problem.name;
}

std::string ReasonOf(const ModelProblem& problem) {
  std::string text = problem.status.message();
  // Of several places, which one of them in its repository.
  if (problem.places.size() > 1) text = WithoutFolders(std::move(text), problem.roots);
  std::vector<std::filesystem::path> folders = problem.roots;
  folders.push_back(problem.path);
  folders.push_back(problem.path.parent_path());
  for (const std::filesystem::path& place : problem.places) folders.push_back(place.parent_path());
  return WithoutFolders(std::move(text), folders);
}

// What it is listed as.
std::string ListedName(const ModelProblem& problem) {
  if (!problem.name.empty()) return problem.name;
  if (!problem.shown_name.empty()) return problem.shown_name;
  const std::filesystem::path path = problem.path.lexically_normal();
  return ShownName((path.has_filename() ? path : path.parent_path()).filename().string());
}

LogLevel LevelOf(Finding::Severity severity) {
  return severity == Finding::Severity::kNote ? LogLevel::kInfo : LogLevel::kWarning;
}

// Between two tries of what failed, so that a model which cannot be loaded is not loaded all the time.
constexpr Duration kRest = std::chrono::seconds(1);

}  // namespace

VersionBook::Change VersionBook::Want(const RepositoryScan& scan, const WishScope& scope, const Moment& now) {
  Change change;
  changed_ = true;
  for (auto& [id, tracked] : versions_) {
    if (!scope.name || id.name == *scope.name) tracked.wanted = false;
  }
  ReplaceProblems(scan, scope, change.news, now);
  SayNotes(scan, scope, change.news);
  for (const ModelEntry& entry : scan.models) WantEntry(entry, scope, change.news, now);
  for (auto& [id, tracked] : versions_) {
    if (!tracked.wanted) tracked.ask.reset();
    if (tracked.wanted) tracked.gave_way = false;
  }
  // A mistake in its files takes nothing away that serves.
  for (auto& [id, tracked] : versions_) {
    if (tracked.state != ModelState::kReady || ProblemOf(id) == nullptr) continue;
    tracked.wanted = true;
    // The problem is what came of this attempt; what an earlier one failed of is not asked any more.
    if (scope.retry && scope.name == id.name && tracked.busy == 0) tracked.failure.clear();
  }
  if (!asked_) {
    asked_ = true;
    asked_for_nothing_ = scan.models.empty() && scan.problems.empty();
    for (const ModelEntry& entry : scan.models) starting_.insert(entry.id);
  }
  change.actions = Plan(versions_.begin(), versions_.end(), now);
  return change;
}

void VersionBook::WantEntry(const ModelEntry& entry, const WishScope& scope, std::vector<News>& news,
                            const Moment& now) {
  TakeLabels(entry);
  const auto [at, is_new] = versions_.try_emplace(entry.id);
  Tracked& tracked = at->second;
  if (is_new) {
    tracked.since = now.wall;
    const bool waits = rules_.lazy && IsMerelyFilling(entry.id, tracked) && !Serves(entry.id.name);
    if (rules_.on_demand && waits) tracked.state = ModelState::kOnDemand;
  }
  if (is_new || tracked.entry.fingerprint != entry.fingerprint) {
    for (const std::string& note : entry.notes) news.push_back({.model = entry.id.name, .text = note});
    for (const Finding& finding : entry.findings) {
      news.push_back({.level = LevelOf(finding.severity), .model = entry.id.name, .text = finding.ToString()});
    }
  }
  dropped_.push_back(std::exchange(tracked.files, scope.files));
  if (!is_new && tracked.entry.fingerprint != entry.fingerprint) NoteOtherFiles(tracked, now);
  tracked.entry = entry;
  tracked.wanted = true;
  if (scope.retry) {
    tracked.put_aside = false;
    tracked.demanded = true;
  }
  if (tracked.busy > 0) return;
  if (tracked.state == ModelState::kReady && (scope.retry || entry.fingerprint == tracked.loaded)) {
    ForgiveFailure(tracked);
  }
  if (tracked.state == ModelState::kFailed && scope.retry) tracked.state = ModelState::kFound;
}

// What the last load failed of says nothing of the next one, which those who wait wait for.
void VersionBook::NoteOtherFiles(Tracked& tracked, const Moment& now) {
  tracked.failing = false;
  tracked.retry_at = {};
  if (!std::exchange(tracked.awaits_look, std::nullopt)) return;
  tracked.demanded = true;
  tracked.refusal = {};
  if (tracked.state == ModelState::kFailed) MoveTo(tracked, ModelState::kFound, now);
}

// What serves is as it is wanted, or its successor gets another chance.
void VersionBook::ForgiveFailure(Tracked& tracked) {
  if (tracked.failure.empty() && tracked.tried == tracked.loaded) return;
  tracked.tried = tracked.loaded;
  tracked.failure.clear();
  changed_ = true;
}

void VersionBook::ReplaceProblems(const RepositoryScan& scan, const WishScope& scope, std::vector<News>& news,
                                  const Moment& now) {
  std::map<std::string, Problem> before;
  if (scope.name) {
    TakeAtAndBelow(problems_, *scope.name, [&](auto& problem) { before.insert(std::move(problem)); });
  } else {
    before.swap(problems_);
  }
  for (const ModelProblem& problem : scan.problems) {
    const std::string key = KeyOf(problem);
    const auto known = before.find(key);
    if (known != before.end() && known->second.text == problem.status.message()) {
      problems_[key] = std::move(known->second);
      continue;
    }
    if (problem.keeps_models) {
      news.push_back({.level = LogLevel::kWarning, .model = {}, .text = problem.status.message()});
    } else if (problem.is_incomplete) {
      news.push_back({.model = key, .text = problem.status.message()});
    } else {
      news.push_back({.level = LogLevel::kError, .model = key, .text = problem.status.message(), .is_problem = true});
    }
    problems_[key] = {.status = {.id = {.name = ListedName(problem), .version = problem.version},
                                 .state = problem.is_incomplete ? ModelState::kFound : ModelState::kFailed,
                                 .reason = ReasonOf(problem),
                                 .since = now.wall,
                                 .file = problem.path.filename().string()},
                      .text = problem.status.message()};
  }
}

void VersionBook::SayNotes(const RepositoryScan& scan, const WishScope& scope, std::vector<News>& news) {
  if (scope.name) return;  // they belong to no model
  for (const std::string& note : scan.notes) {
    if (!notes_.contains(note)) news.push_back({.model = {}, .text = note});
  }
  notes_ = {scan.notes.begin(), scan.notes.end()};
}

void VersionBook::SetKnown(std::set<std::string, std::less<>> names) {
  if (names == known_) return;
  known_ = std::move(names);
  changed_ = true;
  for (auto at = versions_.begin(); at != versions_.end();) {
    const auto& [id, tracked] = *at++;
    const bool unloaded = tracked.state == ModelState::kRetired && tracked.busy == 0;
    if (unloaded && !known_.contains(id.name)) Forget(ModelId(id));
  }
}

void VersionBook::AddKnown(const std::string& name) {
  if (known_.insert(name).second) changed_ = true;
}

std::optional<VersionBook::LoadOrder> VersionBook::BeginLoad(const ModelId& id, const Moment& now) {
  Tracked& tracked = versions_.at(id);
  const bool reload = tracked.generation != nullptr;
  // By now it may also be wanted elsewhere than where it was given room.
  if ((!tracked.wanted && !ComesBack(id, tracked)) || tracked.placed_for != tracked.entry.config.copies) {
    if (tracked.state == ModelState::kAdmitted) MoveTo(tracked, ModelState::kFound, now);
    tracked.promised = {};
    return std::nullopt;
  }
  tracked.tried = tracked.entry.fingerprint;
  tracked.given_up = false;
  tracked.blocked = false;
  if (!reload) MoveTo(tracked, ModelState::kLoading, now);
  ModelEntry entry = tracked.entry;
  entry.config.devices = tracked.placed;
  return LoadOrder{.entry = std::move(entry),
                   .files = tracked.files,
                   .reload = reload,
                   .attempt = tracked.attempt = ++attempts_,
                   .promised = tracked.promised};
}

bool VersionBook::IsCurrent(const ModelId& id, uint64_t attempt) const {
  const auto at = versions_.find(id);
  return at != versions_.end() && at->second.attempt == attempt;
}

void VersionBook::Opened(const ModelId& id, const Moment& now) {
  Tracked& tracked = versions_.at(id);
  if (tracked.state == ModelState::kLoading) MoveTo(tracked, ModelState::kWarmingUp, now);
}

std::shared_ptr<Generation> VersionBook::Loaded(const ModelId& id, std::shared_ptr<Generation> generation,
                                                std::string note, const Moment& now) {
  Tracked& tracked = versions_.at(id);
  const std::shared_ptr<ServedModel> model = generation->shown();
  const DeviceBytes bytes = generation->memory();
  tracked.promised = {};
  tracked.demanded = false;
  // Of one copy, if it were alone: copies are alike, and whoever shares with it may leave.
  uint64_t alone = 0;
  for (const auto& [device, weights] : model->weights) alone = std::max(alone, weights->BytesOfOne());
  if (alone > 0) sizes_.Learn(tracked.entry, alone);
  if (!tracked.wanted && !ComesBack(id, tracked)) {
    if (tracked.state != ModelState::kDraining) MoveTo(tracked, ModelState::kFound, now);
    tracked.leaving.Add(bytes);
    return generation;
  }
  if (tracked.generation) tracked.leaving.Add(tracked.generation->memory());
  tracked.arrived = now.steady;
  tracked.gave_way = false;
  tracked.load_took = model->load_took;
  tracked.no_memory = false;
  tracked.refusal = {};
  tracked.failing = false;
  tracked.awaits_look.reset();
  if (!model->digest.empty()) NoteDigest(tracked, tracked.tried, model->digest);
  tracked.provenance = Provenance{.source = tracked.entry.path.string(),
                                  .digest = tracked.digested == tracked.tried ? tracked.digest : "",
                                  .loaded_at = now.wall,
                                  .load_took = model->load_took};
  tracked.metrics = model->metrics;
  NoteUse(tracked, now);
  tracked.usage.Touch(now.steady);
  tracked.unlike_weights = IsUnlikeItsTwin(id, *model) ? tracked.entry.weights_fingerprint : 0;
  tracked.description = model->Description();
  tracked.described = tracked.tried;
  tracked.generation.swap(generation);
  tracked.loaded = tracked.tried;
  tracked.loaded_weights = tracked.entry.fingerprint == tracked.tried ? tracked.entry.weights_fingerprint : 0;
  tracked.note = std::move(note);
  tracked.failure.clear();
  MoveTo(tracked, ModelState::kReady, now);
  return generation;
}

void VersionBook::Failed(const ModelId& id, Status reason, const Moment& now) {
  Tracked& tracked = versions_.at(id);
  changed_ = true;
  tracked.promised = {};
  const bool passes = MayPass(tracked, reason.code());
  const bool says_nothing_of_files = reason.code() == StatusCode::kOutOfMemory || tracked.given_up;
  if (rules_.on_demand && tracked.wanted && !tracked.generation && !says_nothing_of_files) {
    tracked.failing = true;
    tracked.retry_at = now.steady + kRest;
    if (tracked.demanded && somebody_looks_) tracked.awaits_look = now.steady;
  }
  tracked.demanded = false;
  if (passes) {
    tracked.refusal = Status(reason.code(), "the last load failed: " + reason.message());
    tracked.retry_at = now.steady + kRest;
    return MoveTo(tracked, ModelState::kOnDemand, now);
  }
  tracked.failure = reason.message();
  tracked.no_memory = reason.code() == StatusCode::kOutOfMemory;
  // They are not tried again: a next try comes with an entry of its own.
  if (tracked.entry.fingerprint == tracked.tried) dropped_.push_back(std::exchange(tracked.files, nullptr));
  if (tracked.generation != nullptr) return;  // it goes on serving
  if (tracked.wanted || tracked.state != ModelState::kDraining) MoveTo(tracked, ModelState::kFailed, now);
}

bool VersionBook::AwaitsLook(const ModelId& id) const {
  const auto at = versions_.find(id);
  return at != versions_.end() && at->second.awaits_look;
}

bool VersionBook::HasLooked(TimePoint began) {
  bool any = false;
  for (auto& [id, tracked] : versions_) {
    // Files may have changed between an earlier look and the load.
    if (!tracked.awaits_look || *tracked.awaits_look > began) continue;
    tracked.awaits_look.reset();
    next_tick_ = std::min(next_tick_, tracked.retry_at);
    any = true;
  }
  changed_ = changed_ || any;
  return any;
}

// Whether what failed may succeed the next time, although no file has changed: whoever evicts a good model must be able
// to bring it back, whatever went wrong at one moment.
bool VersionBook::MayPass(const Tracked& tracked, StatusCode reason) const {
  if (!rules_.on_demand || !tracked.wanted || tracked.generation || tracked.given_up) return false;
  if (tracked.loaded != 0 && tracked.loaded == tracked.tried) return true;
  return tracked.demanded && reason != StatusCode::kInvalidArgument && reason != StatusCode::kUnsupported;
}

std::shared_ptr<Generation> VersionBook::Draining(const ModelId& id) const {
  return versions_.at(id).draining;
}

std::string_view VersionBook::WhyItLeaves(const ModelId& id) const {
  const Tracked& tracked = versions_.at(id);
  return tracked.wanted && !tracked.leaves_because.empty() ? tracked.leaves_because : "it is not wanted any more";
}

void VersionBook::Retired(const ModelId& id, const Moment& now) {
  Tracked& tracked = versions_.at(id);
  tracked.leaves_because = {};
  if (tracked.draining) tracked.leaving.Remove(tracked.draining->memory());
  dropped_.push_back(std::exchange(tracked.draining, nullptr));
  const bool comes_back = rules_.on_demand && tracked.wanted;
  if (comes_back) tracked.put_aside = false;
  if (tracked.state == ModelState::kDraining) {
    MoveTo(tracked, comes_back ? ModelState::kOnDemand : ModelState::kRetired, now);
  }
  if (!tracked.wanted) dropped_.push_back(std::exchange(tracked.files, nullptr));
}

void VersionBook::MoveTo(Tracked& tracked, ModelState state, const Moment& now) {
  changed_ = true;
  tracked.state = state;
  tracked.since = now.wall;
}

std::vector<Action> VersionBook::Finish(const ModelId& id, const Moment& now) {
  const auto at = versions_.find(id);
  CHECK(at != versions_.end());
  Tracked& tracked = at->second;
  --tracked.busy;
  released_.reset();
  if (tracked.state == ModelState::kReady && tracked.entry.fingerprint == tracked.loaded) ForgiveFailure(tracked);
  // The other versions too: one may have stood in for this one.
  const auto begin = versions_.lower_bound({id.name, std::numeric_limits<int64_t>::min()});
  const bool arrived = tracked.wanted && tracked.state == ModelState::kReady;
  const auto end =
      std::find_if(at, versions_.end(), [&](const auto& version) { return version.first.name != id.name; });
  if (arrived) std::for_each(begin, end, [](auto& version) { version.second.gave_way = false; });
  return Plan(begin, end, now);
}

// What is to be done for these versions, begun as far as the book is concerned.
std::vector<Action> VersionBook::Plan(Versions::iterator begin, Versions::iterator end, const Moment& now) {
  std::vector<VersionFacts> facts;
  for (auto at = begin; at != end; ++at) facts.push_back(FactsOf(at->first, at->second));
  std::vector<Action> actions;
  for (const Action& action : PlanActions(facts)) {
    if (action.kind == ActionKind::kLoad || action.kind == ActionKind::kReload) {
      Ask(action, now);
    } else {
      Begin(action, now);
      if (action.kind == ActionKind::kRetire) actions.push_back(action);
    }
  }
  Grant(actions, now);
  return actions;
}

void VersionBook::Begin(const Action& action, const Moment& now) {
  if (action.kind == ActionKind::kForget) return Forget(action.id);
  Tracked& tracked = versions_.at(action.id);
  ++tracked.busy;
  if (action.kind == ActionKind::kReload) return;  // ready all the while
  tracked.failure.clear();
  if (action.kind == ActionKind::kRetire) {
    tracked.draining = std::exchange(tracked.generation, nullptr);
    tracked.leaving.Add(tracked.draining->memory());
    tracked.provenance.reset();
    NoteUse(tracked, now);
  }
  MoveTo(tracked, action.kind == ActionKind::kLoad ? ModelState::kAdmitted : ModelState::kDraining, now);
}

void VersionBook::Forget(const ModelId& id) {
  auto node = versions_.extract(id);
  dropped_.push_back(std::move(node.mapped().metrics));
  dropped_.push_back(std::move(node.mapped().files));
  changed_ = true;
}

VersionFacts VersionBook::FactsOf(const ModelId& id, const Tracked& tracked) const {
  return {.id = id,
          .state = tracked.state,
          .busy = tracked.busy > 0 || tracked.ask,
          .wanted = tracked.wanted || ComesBack(id, tracked) ? std::optional(tracked.entry.fingerprint) : std::nullopt,
          .tried = tracked.tried,
          .loaded = tracked.loaded,
          .stands_in = StandsIn(id, tracked),
          .remembered = known_.contains(id.name) || tracked.gave_way,
          .demanded = tracked.demanded,
          .put_aside = tracked.put_aside};
}

bool VersionBook::Arrived(const Tracked& tracked) {
  if (tracked.busy > 0 || tracked.ask) return false;
  return tracked.state == ModelState::kReady || tracked.state == ModelState::kFailed ||
         tracked.state == ModelState::kOnDemand || tracked.put_aside;
}

// The label that leads to a version, because the one that it is meant to lead to does not serve yet; null: none.
const std::string* VersionBook::LabelThatStays(const ModelId& id) const {
  const auto shown = shown_.find(id.name);
  const auto meant = labels_.find(id.name);
  if (shown == shown_.end() || meant == labels_.end()) return nullptr;
  for (const auto& [label, version] : shown->second) {
    const auto at = meant->second.find(label);
    if (version != id.version || at == meant->second.end() || at->second == version) continue;
    const auto next = versions_.find({id.name, at->second});
    if (next == versions_.end() || next->second.state != ModelState::kReady) return &label;
  }
  return nullptr;
}

bool VersionBook::StandsIn(const ModelId& id, const Tracked& tracked) const {
  if (tracked.wanted || tracked.state != ModelState::kReady) return false;
  const auto versions = VersionsOf(id.name);
  const auto wanted = [](const auto* version) { return version->second.wanted; };
  const auto serves = [&](const auto* version) {
    return wanted(version) && version->second.state == ModelState::kReady;
  };
  if (std::ranges::none_of(versions, wanted)) return false;
  return std::ranges::none_of(versions, serves) || LabelThatStays(id) != nullptr;
}

bool VersionBook::Settled(const ModelId& id, const Tracked& tracked) const {
  if (tracked.wanted) return Arrived(tracked);
  return tracked.state != ModelState::kReady || StandsIn(id, tracked);
}

std::vector<const VersionBook::Versions::value_type*> VersionBook::VersionsOf(const std::string& name) const {
  std::vector<const Versions::value_type*> found;
  for (auto at = versions_.lower_bound({name, std::numeric_limits<int64_t>::min()});
       at != versions_.end() && at->first.name == name; ++at) {
    found.push_back(&*at);
  }
  return found;
}

bool VersionBook::settled() const {
  return std::all_of(versions_.begin(), versions_.end(), [this](const auto& version) {
    return version.second.busy == 0 && Settled(version.first, version.second);
  });
}

bool VersionBook::settled(const std::string& name) const {
  const auto versions = VersionsOf(name);
  return std::all_of(versions.begin(), versions.end(),
                     [this](const auto* version) { return Settled(version->first, version->second); });
}

Status VersionBook::Verdict(const std::string& name) const {
  std::vector<std::string> reasons;
  std::string no_room;  // names model and version
  bool given_up = false;
  if (const auto problem = problems_.find(name); problem != problems_.end()) {
    reasons.push_back(problem->second.status.reason);
  }
  for (const auto* version : VersionsOf(name)) {
    const auto& [id, tracked] = *version;
    const std::string& why = tracked.failure.empty() ? tracked.refusal.message() : tracked.failure;
    if (!tracked.wanted || why.empty()) continue;
    if (tracked.no_memory || tracked.refusal.code() == StatusCode::kOutOfMemory) no_room = why;
    given_up = given_up || tracked.given_up;
    reasons.push_back("version " + std::to_string(id.version) + ": " + why);
  }
  if (reasons.empty()) return {};
  if (reasons.size() == 1 && !no_room.empty()) return OutOfMemory(no_room);
  std::string text = "load failed for model '" + name + "': ";
  for (const std::string& reason : reasons) text += (&reason == reasons.data() ? "" : "; ") + reason;
  if (!no_room.empty()) return OutOfMemory(text);
  return given_up ? Unavailable(text) : InvalidArgument(text);
}

Status VersionBook::WhyNotStarted() {
  std::erase_if(starting_, [this](const ModelId& id) {
    const auto at = versions_.find(id);
    return at == versions_.end() || !at->second.wanted || Arrived(at->second);
  });
  if (!asked_) return Unavailable("the repositories have not been looked at yet");
  if (!starting_.empty()) {
    return Unavailable("models are still loading: " + starting_.begin()->text() +
                       (starting_.size() > 1 ? " and " + std::to_string(starting_.size() - 1) + " more" : ""));
  }
  std::string missing;
  for (const std::string& name : rules_.required) {
    if (Serves(name)) continue;
    missing += (missing.empty() ? "" : "; ") +
               ("model '" + name + "', which is required, does not serve: " + WhyItDoesNotServe(name));
  }
  if (!missing.empty()) return Unavailable(missing);
  const bool any = asked_for_nothing_ || std::ranges::any_of(versions_, [](const auto& version) {
                     const ModelState state = version.second.state;
                     return version.second.busy == 0 && (state == ModelState::kReady || state == ModelState::kOnDemand);
                   });
  return any ? Status() : Unavailable("no model serves");
}

// Of the newest version that is wanted.
std::string VersionBook::WhyItDoesNotServe(const std::string& name) const {
  const auto problem = problems_.find(name);
  if (problem != problems_.end()) return problem->second.status.reason;
  std::string why = "there is no such model";
  for (const auto* version : VersionsOf(name)) {
    if (!version->second.wanted) continue;
    const ModelStatus status = StatusOf(version->first, version->second);
    why = "version " + std::to_string(status.id.version) + " is " + std::string(Name(status.state)) +
          (status.reason.empty() ? "" : ": " + status.reason);
  }
  return why;
}

// What is wrong with its files: with the whole model's, or with its own.
const VersionBook::Problem* VersionBook::ProblemOf(const ModelId& id) const {
  auto at = problems_.find(id.name);
  if (at == problems_.end()) at = problems_.find(id.text());
  return at == problems_.end() ? nullptr : &at->second;
}

bool VersionBook::Serves(const std::string& name) const {
  const auto versions = VersionsOf(name);
  return std::any_of(versions.begin(), versions.end(),
                     [](const auto* version) { return version->second.state == ModelState::kReady; });
}

ModelStatus VersionBook::StatusOf(const ModelId& id, const Tracked& tracked) const {
  ModelStatus status{.id = id, .state = tracked.state, .reason = tracked.failure, .since = tracked.since};
  status.provenance = tracked.provenance;
  status.file = tracked.entry.path.filename().string();
  if (tracked.generation) {
    status.memory = tracked.generation->memory();
    status.limits = tracked.generation->limits();
  } else if (tracked.wanted) {
    status.memory = Expected(tracked);
  }
  status.pinned = pinned_.contains(id.name);
  if (tracked.state == ModelState::kRetired) status.reason = "unloaded";
  if (tracked.ask && !tracked.generation) status.reason = "waits for room in memory";
  if (tracked.state == ModelState::kOnDemand && !tracked.ask) {
    status.reason = tracked.refusal.message();
    status.note = "loaded by the first request for it";
    status.too_large = IsTooLarge(status.memory);
    if (status.too_large && status.reason.empty()) {
      status.reason = "no room: it needs about " + BytesText(status.memory.total()) + ", more than the whole budget";
    }
  }
  if (tracked.state != ModelState::kReady) return status;
  if (StandsIn(id, tracked)) {
    const std::string* label = LabelThatStays(id);
    status.reason = label == nullptr
                        ? "no version that is wanted is ready: this one goes on serving"
                        : "goes on serving until the version is ready that label '" + *label + "' is meant for";
    return status;
  }
  const Problem* problem = ProblemOf(id);
  const std::string& why = problem != nullptr ? problem->status.reason : tracked.failure;
  status.note = tracked.note;
  if (!why.empty()) {
    status.reason = "serving the version loaded at " + TimeText(tracked.since) + "; reload failed: " + why;
  }
  return status;
}

ServingTable VersionBook::Table() {
  changed_ = false;
  ServingTable table;
  for (const auto& [id, tracked] : versions_) {
    table.statuses.push_back(StatusOf(id, tracked));
    if (tracked.state == ModelState::kReady) table.ready[id.name][id.version] = tracked.generation->shown();
    if (IsInReach(id, tracked)) {
      table.on_demand[id.name][id.version] =
          tracked.described == tracked.entry.fingerprint ? tracked.description : nullptr;
      if (tracked.failing) table.failing[id.name].insert(id.version);
    }
  }
  ShowLabels(table);
  for (const auto& [key, problem] : problems_) {
    const auto version = versions_.find(problem.status.id);
    const bool serves = version != versions_.end() && version->second.state == ModelState::kReady;
    if (!serves && !Serves(key)) table.statuses.push_back(problem.status);
  }
  for (const std::string& name : known_) {
    if (!problems_.contains(name) && VersionsOf(name).empty()) {
      table.statuses.push_back(
          {.id = {.name = name, .version = 0}, .state = ModelState::kRetired, .reason = {}, .since = {}});
    }
  }
  ShowAwaited(table);
  std::stable_sort(table.statuses.begin(), table.statuses.end(),
                   [](const ModelStatus& a, const ModelStatus& b) { return a.id < b.id; });
  return table;
}

std::vector<std::shared_ptr<const void>> VersionBook::TakeDropped() {
  return std::exchange(dropped_, {});
}

}  // namespace trireme
