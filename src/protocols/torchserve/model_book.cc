// SPDX-License-Identifier: Apache-2.0
#include "protocols/torchserve/model_book.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace trireme::torchserve {

std::optional<int64_t> NumberOfVersion(std::string_view text) {
  if (text.ends_with(".0")) text.remove_suffix(2);
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number <= 0) return std::nullopt;
  return number;
}

std::string TextOfVersion(int64_t number) {
  return std::to_string(number) + ".0";
}

const BookedVersion* ModelBook::FindVersion(std::string_view model, std::string_view version) const {
  const auto entry = entries_.find(model);
  if (entry == entries_.end()) return nullptr;
  const auto found = entry->second.versions.find(version.empty() ? entry->second.default_version : version);
  return found == entry->second.versions.end() ? nullptr : &found->second;
}

std::variant<Target, Failure> ModelBook::Find(std::string_view model, std::string_view version) const {
  std::string chosen;
  {
    const MutexLock lock(mutex_);
    if (const BookedVersion* const booked = FindVersion(model, version)) {
      if (booked->min_workers == 0) return NoWorker(model, version);
      return Target{.engine_name = booked->engine_name, .version = {}, .response_timeout = booked->response_timeout};
    }
    if (const auto entry = entries_.find(model); entry != entries_.end()) {
      if (!entry->second.versions.empty()) return VersionNotFound(model, version);
      chosen = entry->second.default_version;
    }
  }
  const std::string_view wanted = version.empty() ? chosen : version;
  if (wanted.empty()) return Target{.engine_name = std::string(model), .version = {}};
  if (const auto number = NumberOfVersion(wanted)) return Target{.engine_name = std::string(model), .version = *number};
  if (!IsVersionLabel(wanted)) return VersionNotFound(model, wanted);
  return Target{.engine_name = std::string(model), .version = VersionChoice::OfLabel(std::string(wanted))};
}

bool ModelBook::IsNameTaken(const Entry& entry, const std::string& engine_name) const {
  return std::ranges::any_of(entry.versions,
                             [&](const auto& version) { return version.second.engine_name == engine_name; }) ||
         std::ranges::any_of(entry.reserved, [&](const auto& reserved) { return reserved.second == engine_name; });
}

std::variant<std::string, Failure> ModelBook::Reserve(const std::string& model, const std::string& version) {
  const MutexLock lock(mutex_);
  Entry& entry = entries_[model];
  if (entry.versions.contains(version) || entry.reserved.contains(version)) {
    return Failure{.type = ErrorType::kConflictStatus,
                   .message = "Model version " + version + " is already registered for model " + model};
  }
  std::string name = IsNameTaken(entry, model) ? model + ":" + version : model;
  entry.reserved.emplace(version, name);
  return name;
}

void ModelBook::Release(const std::string& model, const std::string& version) {
  const MutexLock lock(mutex_);
  const auto entry = entries_.find(model);
  if (entry == entries_.end()) return;
  entry->second.reserved.erase(version);
  if (entry->second.versions.empty() && entry->second.reserved.empty()) entries_.erase(entry);
}

void ModelBook::Enter(const std::string& model, BookedVersion booked) {
  const MutexLock lock(mutex_);
  Entry& entry = entries_[model];
  entry.reserved.erase(booked.version);
  if (entry.versions.empty()) entry.default_version = booked.version;
  const std::string version = booked.version;
  entry.versions.insert_or_assign(version, std::move(booked));
}

void ModelBook::Change(const std::string& model, const BookedVersion& booked) {
  const MutexLock lock(mutex_);
  const auto entry = entries_.find(model);
  if (entry == entries_.end()) return;
  const auto version = entry->second.versions.find(booked.version);
  if (version != entry->second.versions.end()) version->second = booked;
}

void ModelBook::Remove(const std::string& model, const std::string& version) {
  const MutexLock lock(mutex_);
  const auto entry = entries_.find(model);
  if (entry == entries_.end()) return;
  entry->second.versions.erase(version);
  if (entry->second.versions.empty() && entry->second.reserved.empty()) entries_.erase(entry);
}

void ModelBook::SetDefault(const std::string& model, const std::string& version) {
  const MutexLock lock(mutex_);
  entries_[model].default_version = version;
}

std::vector<BookedVersion> ModelBook::VersionsOf(std::string_view model) const {
  const MutexLock lock(mutex_);
  std::vector<BookedVersion> versions;
  const auto entry = entries_.find(model);
  if (entry == entries_.end()) return versions;
  for (const auto& [text, version] : entry->second.versions) versions.push_back(version);
  return versions;
}

std::optional<BookedVersion> ModelBook::VersionOf(std::string_view model, std::string_view version) const {
  const MutexLock lock(mutex_);
  const BookedVersion* const booked = FindVersion(model, version);
  return booked == nullptr ? std::nullopt : std::optional(*booked);
}

std::string ModelBook::DefaultOf(std::string_view model) const {
  const MutexLock lock(mutex_);
  const auto entry = entries_.find(model);
  return entry == entries_.end() ? std::string() : entry->second.default_version;
}

std::vector<std::string> ModelBook::Models() const {
  const MutexLock lock(mutex_);
  std::vector<std::string> models;
  for (const auto& [name, entry] : entries_) {
    if (!entry.versions.empty()) models.push_back(name);
  }
  return models;
}

bool ModelBook::IsFurtherVersion(std::string_view engine_name) const {
  const MutexLock lock(mutex_);
  for (const auto& [name, entry] : entries_) {
    if (name == engine_name) continue;
    for (const auto& [text, version] : entry.versions) {
      if (version.engine_name == engine_name) return true;
    }
    for (const auto& [text, reserved] : entry.reserved) {
      if (reserved == engine_name) return true;
    }
  }
  return false;
}

bool ModelBook::IsOnItsWay(std::string_view model) const {
  const MutexLock lock(mutex_);
  const auto entry = entries_.find(model);
  return entry != entries_.end() && !entry->second.reserved.empty();
}

void ModelBook::Expect(size_t count) {
  const MutexLock lock(mutex_);
  expected_ += count;
}

void ModelBook::ExpectNoMore() {
  const MutexLock lock(mutex_);
  expected_ -= 1;
}

size_t ModelBook::expected() const {
  const MutexLock lock(mutex_);
  return expected_;
}

}  // namespace trireme::torchserve
