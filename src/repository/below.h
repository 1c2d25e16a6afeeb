// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace trireme {

// Whether `path` is `folder` or lies below it, by its text alone. A slash at the end of `folder` says nothing.
inline bool IsAtOrBelow(std::string_view path, std::string_view folder) {
  while (folder.size() > 1 && folder.ends_with('/')) folder.remove_suffix(1);
  if (!path.starts_with(folder)) return false;
  return path.size() == folder.size() || folder.ends_with('/') || path[folder.size()] == '/';
}

// Calls `take(entry)` for what a map by paths has at `folder` and below it, and erases it from the map.
template <typename Value, typename Take>
void TakeAtAndBelow(std::map<std::string, Value>& by_path, const std::string& folder, const Take& take) {
  if (const auto at = by_path.find(folder); at != by_path.end()) {
    take(*at);
    by_path.erase(at);
  }
  const std::string prefix = folder + "/";
  auto at = by_path.lower_bound(prefix);
  while (at != by_path.end() && at->first.starts_with(prefix)) {
    take(*at);
    at = by_path.erase(at);
  }
}

}  // namespace trireme
