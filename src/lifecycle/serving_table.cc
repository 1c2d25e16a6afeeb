// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/serving_table.h"

#include <algorithm>

#include "base/excerpt.h"

namespace trireme {
namespace {

std::string Explained(const ModelStatus& status) {
  if (status.state == ModelState::kRetired) return status.reason.empty() ? "not loaded" : status.reason;
  std::string text(Name(status.state));
  if (!status.remark().empty()) text += ": " + status.remark();
  return text;
}

// What a request calls the version, behind the model's name.
std::string Named(const VersionChoice& version) {
  if (version.number) return " version " + std::to_string(*version.number);
  return version.label.empty() ? "" : " version " + Excerpt(version.label);
}

template <typename T>
const T* FindIn(const std::map<std::string, T, std::less<>>& models, std::string_view name) {
  const auto found = models.find(name);
  return found == models.end() ? nullptr : &found->second;
}

}  // namespace

std::optional<int64_t> ServingTable::Resolve(std::string_view name, const VersionChoice& version) const {
  if (version.number) return version.number;
  if (!version.label.empty()) {
    const Labels* known = FindIn(labels, name);
    if (known == nullptr) return std::nullopt;
    const auto label = known->find(version.label);
    return label == known->end() ? std::nullopt : std::optional(label->second);
  }
  const Versions* in_memory = FindIn(ready, name);
  const Described* others = FindIn(on_demand, name);
  const std::set<int64_t>* last = FindIn(failing, name);
  std::optional<int64_t> newest;
  if (in_memory != nullptr && !in_memory->empty()) newest = in_memory->rbegin()->first;
  if (others == nullptr || others->empty()) return newest;
  const auto good = std::find_if(others->rbegin(), others->rend(),
                                 [last](const auto& one) { return last == nullptr || !last->contains(one.first); });
  if (good != others->rend()) newest = std::max(newest.value_or(0), good->first);
  return newest ? newest : others->rbegin()->first;
}

Result<std::shared_ptr<ServedModel>> ServingTable::Find(std::string_view name, const VersionChoice& version) const {
  if (const std::optional<int64_t> number = Resolve(name, version)) {
    if (const Versions* versions = FindIn(ready, name); versions != nullptr) {
      if (const auto found = versions->find(*number); found != versions->end()) return found->second;
    }
  }
  return WhyNot(name, version);
}

Result<std::shared_ptr<const ServedModel>> ServingTable::Describe(std::string_view name,
                                                                  const VersionChoice& version) const {
  Result<std::shared_ptr<ServedModel>> found = Find(name, version);
  if (found.ok()) return std::shared_ptr<const ServedModel>(*std::move(found));
  const std::optional<int64_t> number = FindOnDemand(name, version);
  if (!number) return found.status();
  const std::shared_ptr<const ServedModel>& known = on_demand.find(name)->second.at(*number);
  if (known != nullptr) return known;
  return found.status();
}

std::optional<int64_t> ServingTable::FindOnDemand(std::string_view name, const VersionChoice& version) const {
  const std::optional<int64_t> number = Resolve(name, version);
  const Described* versions = FindIn(on_demand, name);
  return number && versions != nullptr && versions->contains(*number) ? number : std::nullopt;
}

bool ServingTable::MeansAnOlder(const ModelId& id, const VersionChoice& version) const {
  const std::set<int64_t>* last = FindIn(failing, id.name);
  if (!version.any() || last == nullptr || !last->contains(id.version)) return false;
  const std::optional<int64_t> meant = Resolve(id.name, version);
  return meant && *meant < id.version;
}

// The reason is worth more than a bare "no". That of the newest version, unless it was merely unloaded.
Status ServingTable::WhyNot(std::string_view name, const VersionChoice& version) const {
  const std::optional<int64_t> number = Resolve(name, version);
  bool known = false;
  const ModelStatus* told = nullptr;
  std::string waits;
  for (const ModelStatus& status : statuses) {
    if (status.id.name != name) continue;
    known = true;
    if (status.state == ModelState::kAwaited) {
      if (status.id.version == number && !version.label.empty()) waits = ": " + status.reason;
      continue;
    }
    if (!version.any() && status.id.version != number && status.id.version != 0) continue;
    if (told == nullptr || status.state != ModelState::kRetired) told = &status;
  }
  if (told != nullptr) {
    return Unavailable("model '" + std::string(name) + "'" + Named(version) + " is not ready: " + Explained(*told));
  }
  // In Triton's words, which clients look for.
  const std::string unknown = "Request for unknown model: " + Excerpt(name);
  return NotFound(unknown + (known ? Named(version) : "") + " is not found" + waits);
}

}  // namespace trireme
