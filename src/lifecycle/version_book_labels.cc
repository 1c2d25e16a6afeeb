// SPDX-License-Identifier: Apache-2.0
// Which labels lead to which versions.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/excerpt.h"
#include "lifecycle/version_book.h"

namespace trireme {
namespace {

constexpr size_t kMostLabels = 256;  // of a model, that are set while the server runs

}  // namespace

Status VersionBook::SetLabel(const std::string& name, const std::string& label, std::optional<int64_t> version) {
  if (VersionsOf(name).empty()) return NotFound("unknown model " + Excerpt(name));
  ServingTable::Labels& labels = labels_[name];
  changed_ = true;
  if (!version) {
    if (labels.erase(label) == 0) return NotFound("model '" + name + "' has no label '" + label + "'");
    return {};
  }
  const auto at = versions_.find({name, *version});
  if (at == versions_.end()) {
    return NotFound("model '" + name + "' has no version " + std::to_string(*version) + " that is served");
  }
  const Tracked& tracked = at->second;
  if (tracked.state != ModelState::kReady && !IsInReach(at->first, tracked)) {
    return Unavailable("model '" + name + "' version " + std::to_string(*version) + " is not ready: " +
                       std::string(Name(tracked.state)) + (tracked.failure.empty() ? "" : ": " + tracked.failure));
  }
  if (labels.size() >= kMostLabels && !labels.contains(label)) {
    return InvalidArgument("model '" + name + "' has " + std::to_string(kMostLabels) + " labels, which is the most");
  }
  labels.insert_or_assign(label, *version);
  return {};
}

// A config file decides about a label when it says something else of it than before; what was set since then counts
// until it does again.
void VersionBook::TakeLabels(const ModelEntry& entry) {
  std::map<std::string, int64_t>& before = config_labels_[entry.id.name];
  if (before == entry.version_labels) return;
  ServingTable::Labels& labels = labels_[entry.id.name];
  for (const auto& [label, version] : before) {
    if (!entry.version_labels.contains(label)) labels.erase(label);
  }
  for (const auto& [label, version] : entry.version_labels) {
    const auto old = before.find(label);
    if (old == before.end() || old->second != version) labels.insert_or_assign(label, version);
  }
  before = entry.version_labels;
}

// A label that is led to a version which does not serve yet stays where it was until that does.
void VersionBook::ShowLabels(ServingTable& table) {
  const auto serves = [&](const std::string& name, int64_t version) {
    const auto at = versions_.find({name, version});
    return at != versions_.end() && (at->second.state == ModelState::kReady || IsInReach(at->first, at->second));
  };
  for (const auto& [name, labels] : labels_) {
    const ServingTable::Labels& before = shown_[name];
    for (const auto& [label, version] : labels) {
      const auto old = before.find(label);
      const bool stays = !serves(name, version) && old != before.end() && serves(name, old->second);
      table.labels[name].emplace(label, stays ? old->second : version);
    }
  }
  shown_ = table.labels;
  for (ModelStatus& status : table.statuses) {
    const auto labels = table.labels.find(status.id.name);
    if (labels == table.labels.end()) continue;
    for (const auto& [label, version] : labels->second) {
      if (version == status.id.version) status.labels.push_back(label);
    }
  }
}

// The versions that labels of models which are wanted would lead to, if they were there.
void VersionBook::ShowAwaited(ServingTable& table) const {
  std::map<ModelId, std::vector<std::string>> awaited;
  for (const auto& [name, labels] : labels_) {
    const auto versions = VersionsOf(name);
    if (std::ranges::none_of(versions, [](const auto* version) { return version->second.wanted; })) continue;
    for (const auto& [label, version] : labels) awaited[{name, version}].push_back(label);
  }
  for (const ModelStatus& status : table.statuses) awaited.erase(status.id);
  for (auto& [id, labels] : awaited) {
    std::string who;
    for (const std::string& label : labels) who += (who.empty() ? "" : ", ") + ("'" + label + "'");
    who = (labels.size() == 1 ? "label " : "labels ") + who + (labels.size() == 1 ? " waits" : " wait");
    table.statuses.push_back({.id = id,
                              .state = ModelState::kAwaited,
                              .reason = who + " for version " + std::to_string(id.version) +
                                        ", which is not there or not among those that version_policy names",
                              .since = {},
                              .labels = std::move(labels)});
  }
}

}  // namespace trireme
