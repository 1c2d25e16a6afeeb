// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/inotify.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "repository/files_being_written.h"
#include "repository/watch_table.h"

namespace trireme {

// Whether a folder at `path` is watched as part of what lies at `root`: the folders that a scan of models looks into.
// Those are the root, two levels below, and what lies in folders that are named by digits, eight levels more; nothing
// that is hidden. By the text of the paths alone.
bool IsWatchedFolder(std::string_view root, std::string_view path);

// Watches what lies at some paths, as the kernel tells of it (inotify), and knows which files are being written.
//
// Where the kernel does not tell of everything (TellsOfAllChanges), or has no watch left, nothing is watched at all:
// `sees()` is false, the log says so once, and its owner must look for itself. Links are followed; what they lead to is
// watched at its own place, and CheckPlaces() finds out when they, or the paths themselves, lead somewhere else.
//
// Events that happen before a folder is watched are lost, so: first watch, then look. Not thread-safe; does nothing by
// itself.
class FolderWatch {
 public:
  struct Options {
    std::vector<std::filesystem::path> roots;
    // Of the file system of a folder; tests say it themselves.
    std::function<bool(const std::filesystem::path&)> tells_of_all_changes;
    size_t most_folders = 65536;
  };

  FolderWatch(Options options, const Logger& log);
  ~FolderWatch();
  FolderWatch(const FolderWatch&) = delete;
  FolderWatch& operator=(const FolderWatch&) = delete;

  bool sees() const { return descriptor_ >= 0; }

  // Is ready to be read when TakeEvents() has something to take; -1 if nothing is watched.
  int descriptor() const { return descriptor_; }

  // Takes what has happened so far, and watches folders that are new. Whether anything has changed that a look might
  // see. Must be called soon after the descriptor is ready: new folders are not watched before.
  bool TakeEvents(TimePoint now);

  // Whether one of the roots, or of the links below them, leads to something else than it did; that is watched then.
  // Costs a stat each. For what no event tells: mounts, and links of which a part lies elsewhere.
  bool CheckPlaces(TimePoint now);

  // Goes through everything again: watches what is not watched, and tries again where nothing could be.
  void Renew(TimePoint now);

  const FilesBeingWritten& being_written() const { return writing_; }

 private:
  // Which file or folder a path leads to, and who may look at it.
  struct Place {
    uint64_t device = 0;
    uint64_t inode = 0;
    uint32_t mode = 0;
    uint32_t owner = 0;
    uint32_t group = 0;
    bool operator==(const Place&) const = default;
  };
  enum class Came {
    kWhole,    // as it is, it was made elsewhere
    kGrowing,  // files in it may have been opened before they were watched
  };

  static std::optional<Place> PlaceOf(const std::string& path);

  void Enter(const std::string& path, Came came, TimePoint now);
  void EnterRoot(const std::string& root, Came came, TimePoint now);
  void EnterFolder(const std::string& path, Came came, TimePoint now);
  void EnterFile(const std::string& path, Came came, TimePoint now);
  void Watch(const std::string& path, uint32_t events);
  bool IsWanted(const std::string& path) const;
  void Leave(const std::string& path);
  void Remove(const std::vector<int>& watches);
  bool Handle(const inotify_event& event, TimePoint now);
  bool HandleAt(const std::string& path, const inotify_event& event, TimePoint now);
  void TakeLost(TimePoint now);
  void Open();
  void Close();
  void GiveUp(const std::string& path, const std::string& reason);

  const Options options_;
  const Logger& log_;
  std::vector<std::string> roots_;
  int descriptor_ = -1;
  WatchTable watches_;
  std::map<std::string, std::optional<Place>> places_;  // of roots and links
  std::set<std::string> visited_;                       // by Renew()
  FilesBeingWritten writing_;
  bool lost_events_ = false;
  bool gave_up_ = false;     // since the last Renew()
  bool said_blind_ = false;  // in the log, as the next
  bool said_lost_ = false;
};

}  // namespace trireme
