// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace trireme {

// Which paths the watches of an inotify descriptor stand for: several where links lead to the same folder. Not
// thread-safe.
class WatchTable {
 public:
  // The watches that no path is left of: another folder lay there before. They can be removed.
  std::vector<int> Add(const std::string& path, int watch);

  // The paths of a watch; none if there is no such watch (any more).
  std::vector<std::string> PathsOf(int watch) const;
  std::vector<std::string> paths() const;

  // Forgets a path and all below; the same.
  std::vector<int> RemoveAtAndBelow(const std::string& path);

  // Forgets a path alone; the same.
  std::vector<int> Remove(const std::string& path);

  // The kernel has ended this watch.
  void Drop(int watch);

  size_t size() const { return watch_of_.size(); }  // paths

 private:
  void TakePath(const std::string& path, int watch, std::vector<int>& unused);

  std::map<std::string, int> watch_of_;
  std::unordered_map<int, std::set<std::string>> paths_of_;
};

}  // namespace trireme
