// SPDX-License-Identifier: Apache-2.0
#include "repository/watch_table.h"

#include "repository/below.h"

namespace trireme {

std::vector<int> WatchTable::Add(const std::string& path, int watch) {
  std::vector<int> unused;
  const auto at = watch_of_.find(path);
  if (at != watch_of_.end() && at->second != watch) TakePath(path, at->second, unused);
  watch_of_[path] = watch;
  paths_of_[watch].insert(path);
  return unused;
}

std::vector<std::string> WatchTable::PathsOf(int watch) const {
  const auto at = paths_of_.find(watch);
  if (at == paths_of_.end()) return {};
  return {at->second.begin(), at->second.end()};
}

std::vector<std::string> WatchTable::paths() const {
  std::vector<std::string> paths;
  for (const auto& [path, watch] : watch_of_) paths.push_back(path);
  return paths;
}

void WatchTable::TakePath(const std::string& path, int watch, std::vector<int>& unused) {
  const auto at = paths_of_.find(watch);
  if (at == paths_of_.end()) return;
  at->second.erase(path);
  if (!at->second.empty()) return;
  paths_of_.erase(at);
  unused.push_back(watch);
}

std::vector<int> WatchTable::RemoveAtAndBelow(const std::string& path) {
  std::vector<int> unused;
  TakeAtAndBelow(watch_of_, path, [&](const auto& entry) { TakePath(entry.first, entry.second, unused); });
  return unused;
}

std::vector<int> WatchTable::Remove(const std::string& path) {
  std::vector<int> unused;
  const auto at = watch_of_.find(path);
  if (at == watch_of_.end()) return unused;
  TakePath(path, at->second, unused);
  watch_of_.erase(at);
  return unused;
}

void WatchTable::Drop(int watch) {
  const auto at = paths_of_.find(watch);
  if (at == paths_of_.end()) return;
  for (const std::string& path : at->second) {
    const auto known = watch_of_.find(path);
    if (known != watch_of_.end() && known->second == watch) watch_of_.erase(known);
  }
  paths_of_.erase(at);
}

}  // namespace trireme
