// SPDX-License-Identifier: Apache-2.0
// Which versions may be in memory.
#include <algorithm>
#include <limits>
#include <utility>

#include "base/check.h"
#include "lifecycle/version_book.h"
#include "tensor/device.h"

namespace trireme {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Whoever was loaded stays for as long as that took: of two models that take turns in memory, each gets something done.
constexpr Duration kLeastStay = milliseconds(200);
constexpr Duration kMostStay = seconds(30);

// How soon is looked again whether those who came too early may go now.
constexpr Duration kSoon = milliseconds(50);

// What runs leave is soon there again where models are asked: to give it back at every turn would be in vain. What the
// trial of a load left is another matter.
constexpr Duration kReleaseEvery = seconds(1);

Duration StayOf(Duration load_took) {
  return std::clamp(load_took, kLeastStay, kMostStay);
}

// Of the process itself, whatever it serves: its runtimes, its buffers.
constexpr uint64_t kProcessBytes = uint64_t{16} << 20;

bool NeedsLoad(ModelState state) {
  return state == ModelState::kFound || state == ModelState::kOnDemand || state == ModelState::kRetired;
}

}  // namespace

std::vector<Action> VersionBook::Demand(const ModelId& id, const Moment& now) {
  const auto at = versions_.find(id);
  if (at == versions_.end() || at->second.demanded) return {};
  Tracked& tracked = at->second;
  if (!tracked.wanted && !ComesBack(id, tracked)) return {};
  if (tracked.state == ModelState::kReady || tracked.state == ModelState::kFailed) return {};
  if (now.steady < tracked.retry_at) return {};
  tracked.demanded = true;
  tracked.put_aside = false;
  tracked.refusal = {};
  tracked.failing = false;
  changed_ = true;
  return Plan(at, std::next(at), now);
}

std::optional<Status> VersionBook::Outlook(const ModelId& id) const {
  const auto at = versions_.find(id);
  if (at == versions_.end()) return NotFound("");
  const Tracked& tracked = at->second;
  if (!tracked.wanted && !ComesBack(id, tracked)) return NotFound("");
  if (tracked.state == ModelState::kReady) return Status();
  if (tracked.awaits_look) return std::nullopt;
  if (tracked.state == ModelState::kFailed) return tracked.no_memory ? OutOfMemory(tracked.failure) : Unavailable("");
  if (tracked.demanded || tracked.busy > 0 || tracked.ask) return std::nullopt;
  if (tracked.refusal.ok() || tracked.refusal.code() == StatusCode::kOutOfMemory) {
    return tracked.refusal.ok() ? Unavailable("") : tracked.refusal;
  }
  return Unavailable("model '" + id.name + "' is not ready: " + tracked.refusal.message());
}

bool VersionBook::PutAside(const std::string& name) {
  bool any = false;
  for (auto& [id, tracked] : versions_) {
    const bool comes = tracked.state == ModelState::kAdmitted || tracked.state == ModelState::kLoading ||
                       tracked.state == ModelState::kWarmingUp;
    if (id.name != name || !tracked.wanted || (tracked.state != ModelState::kReady && !comes)) continue;
    tracked.put_aside = true;
    tracked.leaves_because = "an operator asked for that";
    any = true;
  }
  return any;
}

bool VersionBook::Recall(const std::string& name, const Moment& now) {
  bool any = false;
  for (auto& [id, tracked] : versions_) {
    if (id.name != name || !tracked.wanted) continue;
    any = true;
    tracked.put_aside = false;
    tracked.retry_at = {};
    if (tracked.state == ModelState::kDraining) tracked.demanded = true;  // as soon as it has gone
    if (tracked.busy > 0) continue;
    if (tracked.state == ModelState::kFailed) MoveTo(tracked, ModelState::kFound, now);
    if (NeedsLoad(tracked.state)) tracked.demanded = true;
    if (tracked.state == ModelState::kReady) ForgiveFailure(tracked);
  }
  return any;
}

bool VersionBook::SetPinned(const std::string& name, bool pinned) {
  if (VersionsOf(name).empty() && !known_.contains(name) && !pinned_.contains(name)) return false;
  changed_ = true;
  if (pinned) {
    pinned_.insert(name);
  } else {
    pinned_.erase(name);
  }
  return true;
}

// A load waits for room; what it is about is decided when there is some.
void VersionBook::Ask(const Action& action, const Moment& now) {
  Tracked& tracked = versions_.at(action.id);
  const auto hangs = [&](const auto& load) { return load.second.id.name == action.id.name; };
  if (std::ranges::any_of(given_up_loads_, hangs)) {
    tracked.blocked = tracked.tried != tracked.entry.fingerprint;
    tracked.tried = tracked.entry.fingerprint;
    tracked.given_up = true;  // it says nothing of the files either
    return Failed(action.id, Unavailable("an earlier load of this model has not ended yet"), now);
  }
  tracked.ask = ++asks_;
  changed_ = true;
}

// Nobody waits for it, and nothing of its model serves yet.
bool VersionBook::IsMerelyFilling(const ModelId& id, const Tracked& tracked) const {
  if (!rules_.on_demand || tracked.demanded || tracked.generation) return false;
  return !Stays(id.name) && !Serves(id.name);
}

void VersionBook::Grant(std::vector<Action>& actions, const Moment& now) {
  next_tick_ = kNever;
  NoteOthers();
  NoteTwins();
  Place(now);
  std::vector<DevicePlan> plans = PlanDevices(now);
  if (AwaitRelease(plans, now)) return;
  while (RefuseWhoNeedsSeveral(plans, now)) plans = PlanDevices(now);
  GrantWhatIsGranted(plans, actions, now);
  Evict(plans, actions, now);
  for (const DevicePlan& device : plans) {
    for (const MemoryRefusal& refusal : device.plan.refuse) Refuse(device.claims[refusal.claim].id, refusal, now);
    if (device.plan.waits_for_time) next_tick_ = std::min(next_tick_, now.steady + kSoon);
  }
  if (rules_.on_demand && rules_.idle_timeout > Duration{0}) {
    next_tick_ = std::min(next_tick_, now.steady + std::clamp<Duration>(rules_.idle_timeout / 4, kSoon, seconds(5)));
  }
  for (const auto& [id, tracked] : versions_) {
    if (tracked.failing && !tracked.awaits_look) next_tick_ = std::min(next_tick_, tracked.retry_at);
  }
}

// A load on its way has taken nobody knows how much of what it was promised: then others have so much at most.
void VersionBook::NoteOthers() {
  if (!rules_.allocated_bytes) return;
  uint64_t models = 0;
  bool is_exact = given_up_loads_.empty();
  const std::string cpu = Device().ToString();
  for (const auto& [id, tracked] : versions_) {
    if (tracked.promised.total() > 0 || tracked.leaving.total() > 0) is_exact = false;
    if (tracked.generation) models += tracked.generation->memory().On(cpu);
  }
  const uint64_t all = rules_.allocated_bytes().value_or(0);
  const uint64_t others = all - std::min(all, models + kProcessBytes);
  other_bytes_ = is_exact ? others : std::min(other_bytes_, others);
}

bool VersionBook::AwaitRelease(const std::vector<DevicePlan>& plans, const Moment& now) {
  const bool is_short = std::ranges::any_of(
      plans, [](const DevicePlan& device) { return !device.plan.evict.empty() || !device.plan.refuse.empty(); });
  const bool is_fresh = released_ && now.steady < *released_ + kReleaseEvery;
  awaits_release_ = rules_.release_idle && is_short && other_bytes_ > 0 && !is_fresh;
  return awaits_release_;
}

std::vector<Action> VersionBook::Released(const Moment& now) {
  released_ = now.steady;
  return Tick(now);
}

uint64_t VersionBook::OtherBytes(const std::string& device) const {
  if (device != Device().ToString()) return 0;
  const auto budget = rules_.budgets.find(device);
  const uint64_t most = budget == rules_.budgets.end() ? 0 : budget->second / 2;
  return std::max(std::min(other_bytes_, most), rules_.requests_bytes ? rules_.requests_bytes() : 0);
}

void VersionBook::Refuse(const ModelId& id, const MemoryRefusal& refusal, const Moment& now) {
  Tracked& tracked = versions_.at(id);
  tracked.ask.reset();
  tracked.demanded = false;
  if (tracked.generation) {  // goes on serving as it is
    tracked.tried = tracked.entry.fingerprint;
    return Failed(id, OutOfMemory(refusal.reason), now);
  }
  if (rules_.on_demand) {
    tracked.refusal = refusal.for_now ? Status() : OutOfMemory(refusal.reason);
    return MoveTo(tracked, ModelState::kOnDemand, now);
  }
  tracked.tried = tracked.entry.fingerprint;
  Failed(id, OutOfMemory(refusal.reason), now);
}

// Whether a version that is not wanted any more, and gave way to its successor, has to serve again: because that
// failed.
bool VersionBook::ComesBack(const ModelId& id, const Tracked& tracked) const {
  if (!tracked.gave_way || tracked.wanted) return false;
  bool any = false;
  for (const auto* version : VersionsOf(id.name)) {
    const Tracked& other = version->second;
    if (!other.wanted) continue;
    if (other.state != ModelState::kFailed || other.ask) return false;
    any = true;
  }
  return any;
}

// Only its config has changed, or a label file: what a reload gives shares the weights of what serves.
bool VersionBook::SharesWithItself(const Tracked& tracked) {
  return tracked.generation && tracked.loaded_weights != 0 &&
         tracked.loaded_weights == tracked.entry.weights_fingerprint;
}

bool VersionBook::IsYoung(const Tracked& tracked, const Moment& now) const {
  return now.steady - tracked.arrived < StayOf(tracked.load_took);
}

void VersionBook::NoteUse(Tracked& tracked, const Moment& now) {
  if (tracked.metrics == nullptr) return;
  const ModelStatistics totals = tracked.metrics->totals();
  tracked.usage.Update(totals.success.count + totals.fail.count, now.steady);
  if (tracked.generation && tracked.generation->shown()->line->waiting() > 0) tracked.usage.Touch(now.steady);
}

std::vector<Action> VersionBook::Tick(const Moment& now) {
  if (rules_.on_demand && rules_.idle_timeout > Duration{0}) {
    for (auto& [id, tracked] : versions_) {
      if (!tracked.generation || !tracked.wanted || tracked.busy > 0 || Stays(id.name)) continue;
      NoteUse(tracked, now);
      if (now.steady - tracked.usage.last_used() < rules_.idle_timeout) continue;
      tracked.put_aside = true;
      tracked.leaves_because = "nobody asked for it for as long as model-idle-timeout says";
    }
  }
  for (auto& [id, tracked] : versions_) {
    if (!tracked.failing || tracked.awaits_look || now.steady < tracked.retry_at) continue;
    tracked.failing = false;
    changed_ = true;
  }
  return Plan(versions_.begin(), versions_.end(), now);
}

std::vector<Action> VersionBook::Left(const ModelId& id, const DeviceBytes& bytes, const Moment& now) {
  if (const auto at = versions_.find(id); at != versions_.end()) {
    Tracked& tracked = at->second;
    tracked.leaving.Remove(bytes);
  }
  std::vector<Action> actions;
  Grant(actions, now);
  return actions;
}

void VersionBook::GiveUp(const ModelId& id, const Moment& now) {
  Tracked& tracked = versions_.at(id);
  given_up_loads_.emplace(tracked.attempt, GivenUpLoad{.id = id, .promised = tracked.promised});
  tracked.attempt = ++attempts_;
  tracked.given_up = true;
  Failed(id, Unavailable("its load has not ended in time"), now);
}

std::vector<Action> VersionBook::HasEnded(uint64_t attempt, const Moment& now) {
  const auto ended = given_up_loads_.extract(attempt);
  CHECK(ended);
  for (auto& [id, tracked] : versions_) {
    if (id.name != ended.mapped().id.name || !std::exchange(tracked.blocked, false)) continue;
    tracked.tried = 0;  // its turn has come
  }
  return Plan(versions_.begin(), versions_.end(), now);
}

// Whether a request for it is worth waiting for: it is out of memory and comes back, or nothing else of its model
// serves while it loads.
bool VersionBook::IsInReach(const ModelId& id, const Tracked& tracked) const {
  if (!rules_.on_demand || (!tracked.wanted && !ComesBack(id, tracked))) return false;
  if (tracked.awaits_look) return true;
  if (tracked.state == ModelState::kReady || tracked.state == ModelState::kFailed) return false;
  const bool comes_back = tracked.state == ModelState::kOnDemand || tracked.state == ModelState::kDraining ||
                          tracked.state == ModelState::kRetired;
  return comes_back || tracked.demanded || !Serves(id.name);
}

std::vector<ModelEntry> VersionBook::TakeUndescribed() {
  std::vector<ModelEntry> entries;
  if (!rules_.on_demand) return entries;
  for (auto& [id, tracked] : versions_) {
    const bool is_out = tracked.wanted && tracked.state == ModelState::kOnDemand && !tracked.being_described;
    if (!is_out || tracked.described == tracked.entry.fingerprint) continue;
    tracked.being_described = true;
    entries.push_back(tracked.entry);
    if (!tracked.placed.empty()) entries.back().config.devices = tracked.placed;
  }
  return entries;
}

void VersionBook::SetDescription(const ModelEntry& entry, std::shared_ptr<const ServedModel> description) {
  const auto at = versions_.find(entry.id);
  if (at == versions_.end()) return;
  Tracked& tracked = at->second;
  tracked.being_described = false;
  if (tracked.generation) return;
  tracked.described = entry.fingerprint;
  dropped_.push_back(std::exchange(tracked.description, std::move(description)));
  changed_ = true;
}

bool VersionBook::gone(const std::string& name) const {
  return std::ranges::none_of(VersionsOf(name), [](const auto* version) {
    const Tracked& tracked = version->second;
    return tracked.generation || tracked.busy > 0 || tracked.ask || tracked.leaving.total() > 0;
  });
}

void VersionBook::SetDigest(const ModelId& id, uint64_t fingerprint, const std::string& digest) {
  const auto at = versions_.find(id);
  if (at == versions_.end() || at->second.loaded != fingerprint) return;
  NoteDigest(at->second, fingerprint, digest);  // it may have left meanwhile, and come back as it was
  if (!at->second.provenance) return;
  at->second.provenance->digest = digest;
  changed_ = true;
}

void VersionBook::NoteDigest(Tracked& tracked, uint64_t fingerprint, const std::string& digest) {
  tracked.digest = digest;
  tracked.digested = fingerprint;
}

bool VersionBook::KnowsDigest(const ModelId& id) const {
  const auto at = versions_.find(id);
  return at != versions_.end() && at->second.provenance && !at->second.provenance->digest.empty();
}

DeviceBytes VersionBook::UsedBytes() const {
  DeviceBytes used;
  for (const auto& [id, tracked] : versions_) {
    if (tracked.generation) used.Add(tracked.generation->memory());
    used.Add(tracked.promised);
    used.Add(tracked.leaving);
  }
  for (const auto& [attempt, load] : given_up_loads_) used.Add(load.promised);
  return used;
}

std::map<ModelId, VersionBook::Use> VersionBook::Uses(const Moment& now) {
  std::map<ModelId, Use> uses;
  for (auto& [id, tracked] : versions_) {
    if (tracked.metrics == nullptr) continue;
    NoteUse(tracked, now);
    const ModelStatistics totals = tracked.metrics->totals();
    uses[id] = {.requests = totals.success.count + totals.fail.count,
                .last_used = totals.success.count + totals.fail.count > 0 ? tracked.usage.last_used() : TimePoint{},
                .p99 = tracked.metrics->p99()};
  }
  return uses;
}

}  // namespace trireme
