// SPDX-License-Identifier: Apache-2.0
// On which devices versions are placed, and who gets their memory.
#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "lifecycle/version_book.h"

namespace trireme {
namespace {

// Without a budget. Far from the end of the range, so that sums stay in it.
constexpr uint64_t kNoBound = std::numeric_limits<int64_t>::max() / 4;

// A runtime has the file in memory, and what it has read of it, besides what it will keep; on a GPU that is not where
// the file is, and whoever shares weights reads nothing. What it is warmed up with lies there as well.
uint64_t WhileLoading(const ModelEntry& entry, const std::string& device, uint64_t bytes) {
  if (device != Device().ToString()) return 0;
  const bool reads = bytes != SharedWeights::kOwnBytes;
  return entry.warmup_bytes + (reads ? 2 * entry.file_bytes : 0);
}

}  // namespace

uint64_t VersionBook::BudgetOf(const std::string& device) const {
  const auto budget = rules_.budgets.find(device);
  return budget == rules_.budgets.end() ? kNoBound : budget->second;
}

// No longer than there are such models does a server keep its word that it is ready.
bool VersionBook::Stays(const std::string& name) const {
  return pinned_.contains(name) || std::ranges::find(rules_.required, name) != rules_.required.end();
}

// For all that is known, nobody can ever go for it.
bool VersionBook::IsTooLarge(const DeviceBytes& bytes) const {
  return std::ranges::any_of(bytes.by_device(), [this](const auto& one) { return one.second > BudgetOf(one.first); });
}

bool VersionBook::MayGo(const ModelId& id, const Tracked& tracked) const {
  return rules_.on_demand && tracked.wanted && !Stays(id.name);
}

// Those who may make others go come first; else it is the order in which they asked.
std::vector<ModelId> VersionBook::AskingInOrder() const {
  std::map<std::pair<bool, uint64_t>, ModelId> asking;
  for (const auto& [id, tracked] : versions_) {
    if (tracked.ask) asking.emplace(std::pair(IsMerelyFilling(id, tracked), *tracked.ask), id);
  }
  std::vector<ModelId> ids;
  for (auto& [order, id] : asking) ids.push_back(std::move(id));
  return ids;
}

// What leaves counts as free: it soon is.
std::vector<DeviceRoom> VersionBook::Rooms() const {
  DeviceBytes held;
  DeviceBytes stays;
  for (const auto& [id, tracked] : versions_) {
    held.Add(tracked.promised);
    stays.Add(tracked.promised);
    if (!tracked.generation) continue;
    const DeviceBytes memory = tracked.generation->memory();
    held.Add(memory);
    if (!MayGo(id, tracked) || StandsIn(id, tracked)) stays.Add(memory);
  }
  std::vector<DeviceRoom> rooms;
  for (const Device& device : rules_.devices) {
    const std::string name = device.ToString();
    const auto room = static_cast<int64_t>(BudgetOf(name)) - static_cast<int64_t>(OtherBytes(name));
    rooms.push_back({.device = device,
                     .free_bytes = room - static_cast<int64_t>(held.On(name)),
                     .reachable_bytes = room - static_cast<int64_t>(stays.On(name))});
  }
  return rooms;
}

// Those who ask, where there is room by now; and those who may ask later where they would go if they did.
void VersionBook::Place(const Moment& now) {
  std::vector<DeviceRoom> rooms = Rooms();
  for (const ModelId& id : AskingInOrder()) {
    Tracked& tracked = versions_.at(id);
    if (SharesWithItself(tracked)) {  // it stays where its weights are
      tracked.placed = tracked.generation->shown()->config.devices;
      tracked.placed_for = tracked.entry.config.copies;
      continue;
    }
    const uint64_t bytes = sizes_.Of(tracked.entry);
    Result<std::vector<Device>> placed = PlaceCopies(tracked.entry.config.copies, bytes, rooms);
    if (!placed.ok()) {
      tracked.ask.reset();
      tracked.tried = tracked.entry.fingerprint;
      Failed(id, std::move(placed).status(), now);
      continue;
    }
    tracked.placed = *std::move(placed);
    tracked.placed_for = tracked.entry.config.copies;
    for (DeviceRoom& room : rooms) {
      if (std::ranges::find(tracked.placed, room.device) == tracked.placed.end()) continue;
      room.free_bytes -= static_cast<int64_t>(bytes);
    }
  }
  for (auto& [id, tracked] : versions_) {
    const bool is_new = tracked.placed.empty() || tracked.placed_for != tracked.entry.config.copies;
    if (!is_new || !tracked.wanted || tracked.busy > 0 || tracked.generation) continue;
    Result<std::vector<Device>> placed = PlaceCopies(tracked.entry.config.copies, sizes_.Of(tracked.entry), rooms);
    if (!placed.ok()) continue;
    tracked.placed = *std::move(placed);
    tracked.placed_for = tracked.entry.config.copies;
    changed_ = true;
  }
}

// What its files look like, as far as that is known of them as they are now; 0: it is not.
uint64_t VersionBook::LikenessOf(const Tracked& tracked) {
  const bool is_known = tracked.description && tracked.described == tracked.entry.fingerprint;
  const bool is_unlike = tracked.unlike_weights != 0 && tracked.unlike_weights == tracked.entry.weights_fingerprint;
  return is_known && !is_unlike ? tracked.description->likeness : 0;
}

void VersionBook::NoteTwins() {
  twins_.clear();
  if (!rules_.on_demand) return;
  for (const auto& [id, tracked] : versions_) {
    const uint64_t likeness = LikenessOf(tracked);
    if (likeness == 0) continue;
    for (const auto& [device, bytes] : tracked.promised.by_device()) twins_.emplace(likeness, device);
    if (!tracked.generation) continue;
    for (const auto& [device, bytes] : tracked.generation->memory().by_device()) twins_.emplace(likeness, device);
  }
}

// It was loaded beside one that it is like, and has weights of its own all the same.
bool VersionBook::IsUnlikeItsTwin(const ModelId& id, const ServedModel& model) const {
  return model.likeness != 0 && std::ranges::any_of(versions_, [&](const auto& version) {
           const auto& [other, tracked] = version;
           if (other == id || !tracked.generation || LikenessOf(tracked) != model.likeness) return false;
           const std::shared_ptr<ServedModel> twin = tracked.generation->shown();
           return std::ranges::any_of(model.weights, [&](const auto& own) {
             const auto at = twin->weights.find(own.first);
             return at != twin->weights.end() && at->second != own.second;
           });
         });
}

// Whoever has the same weights in memory shares them.
DeviceBytes VersionBook::Expected(const Tracked& tracked) const {
  const uint64_t likeness = LikenessOf(tracked);
  DeviceBytes::Map bytes;
  for (const Device& device : tracked.placed) {
    const std::string name = device.ToString();
    const bool shares = SharesWithItself(tracked) || (likeness != 0 && twins_.contains({likeness, name}));
    bytes[name] = shares ? SharedWeights::kOwnBytes : sizes_.Of(tracked.entry);
  }
  return bytes;
}

void VersionBook::AddClaims(const ModelId& id, Tracked& tracked, ClaimsByDevice& claims, const Moment& now) {
  const auto add = [&](const std::string& device, MemoryClaim::Phase phase, uint64_t bytes) -> MemoryClaim& {
    return claims[device].emplace_back(
        MemoryClaim{.id = id, .phase = phase, .bytes = bytes, .may_go = MayGo(id, tracked)});
  };
  for (const auto& [device, bytes] : tracked.leaving.by_device()) add(device, MemoryClaim::Phase::kLeaving, bytes);
  // What is not wanted any more leaves as soon as it has come.
  const bool stays = tracked.wanted || ComesBack(id, tracked);
  for (const auto& [device, bytes] : tracked.promised.by_device()) {
    const uint64_t while_loading = WhileLoading(tracked.entry, device, bytes);
    if (stays) {
      add(device, MemoryClaim::Phase::kPromised, bytes).while_loading = while_loading;
    } else {
      add(device, MemoryClaim::Phase::kLeaving, bytes + while_loading);
    }
  }
  if (!tracked.generation) return;
  NoteUse(tracked, now);
  const DeviceBytes memory = tracked.generation->memory();
  for (const auto& [device, bytes] : memory.by_device()) {
    MemoryClaim& held = add(device, MemoryClaim::Phase::kHeld, bytes);
    held.too_early = tracked.busy > 0 || IsYoung(tracked, now);
    held.stands_in = StandsIn(id, tracked);
    held.value = tracked.usage.ValueOf(tracked.load_took, bytes, now.steady);
  }
}

std::vector<VersionBook::DevicePlan> VersionBook::PlanDevices(const Moment& now) {
  ClaimsByDevice claims;
  for (auto& [id, tracked] : versions_) AddClaims(id, tracked, claims, now);
  for (const auto& [attempt, load] : given_up_loads_) {
    for (const auto& [device, bytes] : load.promised.by_device()) {
      claims[device].push_back({.id = load.id, .phase = MemoryClaim::Phase::kLeaving, .bytes = bytes});
    }
  }
  for (const ModelId& id : AskingInOrder()) {
    const Tracked& tracked = versions_.at(id);
    const MemoryClaim ask{.id = id,
                          .phase = MemoryClaim::Phase::kAsked,
                          .may_evict = !IsMerelyFilling(id, tracked),
                          .may_replace = rules_.on_demand};
    const DeviceBytes expected = Expected(tracked);
    for (const auto& [device, bytes] : expected.by_device()) {
      MemoryClaim& claim = claims[device].emplace_back(ask);
      claim.bytes = bytes;
      claim.while_loading = WhileLoading(tracked.entry, device, bytes);
    }
  }
  std::vector<DevicePlan> plans;
  for (auto& [device, of_device] : claims) {
    DevicePlan made{.claims = std::move(of_device)};
    const bool is_cpu = device == Device().ToString();
    made.plan = PlanMemory(BudgetOf(device), OtherBytes(device), made.claims, is_cpu ? "" : device);
    plans.push_back(std::move(made));
  }
  return plans;
}

// Who is refused on one device wants nothing of the others: those are to be planned again without him, before anybody
// goes for him there. True: there were such.
bool VersionBook::RefuseWhoNeedsSeveral(const std::vector<DevicePlan>& plans, const Moment& now) {
  bool any = false;
  for (const DevicePlan& device : plans) {
    for (const MemoryRefusal& refusal : device.plan.refuse) {
      const ModelId& id = device.claims[refusal.claim].id;
      const Tracked& tracked = versions_.at(id);
      if (!tracked.ask || Expected(tracked).by_device().size() < 2) continue;
      Refuse(id, refusal, now);
      any = true;
    }
  }
  return any;
}

// Who runs on several devices has to have room on all of them. Until then he keeps what he needs from those behind him.
void VersionBook::GrantWhatIsGranted(const std::vector<DevicePlan>& plans, std::vector<Action>& actions,
                                     const Moment& now) {
  std::map<ModelId, size_t> granted;  // on so many devices
  for (const DevicePlan& device : plans) {
    for (const size_t index : device.plan.grant) granted[device.claims[index].id] += 1;
  }
  for (const ModelId& id : AskingInOrder()) {
    Tracked& tracked = versions_.at(id);
    DeviceBytes expected = Expected(tracked);
    const auto at = granted.find(id);
    if (at == granted.end() || at->second < expected.by_device().size()) continue;
    tracked.ask.reset();
    tracked.promised = std::move(expected);
    actions.push_back({tracked.generation ? ActionKind::kReload : ActionKind::kLoad, id});
    Begin(actions.back(), now);
  }
}

// Who goes leaves all his devices.
void VersionBook::Evict(const std::vector<DevicePlan>& plans, std::vector<Action>& actions, const Moment& now) {
  for (const DevicePlan& device : plans) {
    for (const size_t index : device.plan.evict) {
      const MemoryClaim& claim = device.claims[index];
      // He goes already; or his successor has just been granted, and he goes when that has come.
      if (versions_.at(claim.id).busy > 0) continue;
      ++evictions_;
      versions_.at(claim.id).gave_way = claim.stands_in;
      versions_.at(claim.id).leaves_because = "others need its memory";
      actions.push_back({ActionKind::kRetire, claim.id});
      Begin(actions.back(), now);
    }
  }
}

}  // namespace trireme
