// SPDX-License-Identifier: Apache-2.0
#include "repository/folder_watch.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include "repository/below.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;

// IN_EXCL_UNLINK: who goes on writing to a file that has been removed disturbs nobody.
constexpr uint32_t kOfFolders = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_MODIFY | IN_CLOSE_WRITE |
                                IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_EXCL_UNLINK;
constexpr uint32_t kOfFiles = IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;

constexpr int kFreeLevels = 2;  // below a root: models, and what lies in their folders
constexpr int kMaxLevels = kFreeLevels + 8;

std::string WithoutSlashes(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

bool IsHidden(std::string_view path) {
  const size_t slash = path.rfind('/');
  return path.substr(slash == std::string_view::npos ? 0 : slash + 1).starts_with('.');
}

bool IsOfDigits(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
}

bool IsYoung(const struct stat& found) {
  const auto modified = std::chrono::seconds(found.st_mtim.tv_sec) + std::chrono::nanoseconds(found.st_mtim.tv_nsec);
  return std::chrono::system_clock::now().time_since_epoch() - modified < FilesBeingWritten::kDoubt;
}

}  // namespace

bool IsWatchedFolder(std::string_view root, std::string_view path) {
  if (!IsAtOrBelow(path, root)) return false;
  std::string_view rest = path.substr(root.size());
  bool in_version = false;
  for (int level = 1; !rest.empty(); ++level) {
    rest.remove_prefix(rest.starts_with('/') ? 1 : 0);
    const std::string_view name = rest.substr(0, rest.find('/'));
    if (name.starts_with('.') || level > (in_version ? kMaxLevels : kFreeLevels)) return false;
    in_version |= IsOfDigits(name);
    rest.remove_prefix(name.size());
  }
  return true;
}

FolderWatch::FolderWatch(Options options, const Logger& log) : options_(std::move(options)), log_(log) {
  for (const fs::path& root : options_.roots) roots_.push_back(WithoutSlashes(root.string()));
}

FolderWatch::~FolderWatch() {
  Close();
}

void FolderWatch::Open() {
  if (descriptor_ >= 0) return;
  descriptor_ = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (descriptor_ < 0) GiveUp("", std::generic_category().message(errno));
}

void FolderWatch::Close() {
  if (descriptor_ >= 0) close(descriptor_);
  descriptor_ = -1;
  watches_ = {};
  writing_ = {};
}

void FolderWatch::GiveUp(const std::string& path, const std::string& reason) {
  gave_up_ = true;
  if (std::exchange(said_blind_, true)) return;
  log_.Warning("changes of the repositories cannot be watched, so they are looked for every --repository-poll-secs",
               {{"path", path}, {"reason", reason}});
}

std::optional<FolderWatch::Place> FolderWatch::PlaceOf(const std::string& path) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0) return std::nullopt;
  return Place{.device = found.st_dev,
               .inode = found.st_ino,
               .mode = found.st_mode,
               .owner = found.st_uid,
               .group = found.st_gid};
}

bool FolderWatch::IsWanted(const std::string& path) const {
  return std::ranges::any_of(roots_, [&](const std::string& root) { return IsWatchedFolder(root, path); });
}

void FolderWatch::Renew(TimePoint now) {
  gave_up_ = false;
  visited_.clear();
  places_.clear();
  Open();
  for (const std::string& root : roots_) EnterRoot(root, Came::kWhole, now);
  if (gave_up_) return Close();
  for (const std::string& path : watches_.paths()) {
    if (!visited_.contains(path)) Remove(watches_.Remove(path));
  }
}

// A model that is a file has others beside it.
void FolderWatch::EnterRoot(const std::string& root, Came came, TimePoint now) {
  places_[root] = PlaceOf(root);
  if (!places_[root]) return;
  if (!S_ISREG(places_[root]->mode)) return EnterFolder(root, came, now);
  Watch(fs::path(root).parent_path().string(), kOfFolders);
  Watch(root, kOfFiles);
}

void FolderWatch::Enter(const std::string& path, Came came, TimePoint now) {
  if (gave_up_) return;
  struct stat found {};
  if (lstat(path.c_str(), &found) != 0) return;
  if (S_ISLNK(found.st_mode)) {
    places_[path] = PlaceOf(path);
    if (stat(path.c_str(), &found) != 0) return;
    if (S_ISREG(found.st_mode)) return Watch(path, kOfFiles);
    came = Came::kWhole;
  }
  if (S_ISDIR(found.st_mode)) return EnterFolder(path, came, now);
  // One that has another name already was not made just now.
  const bool is_new = came == Came::kGrowing && S_ISREG(found.st_mode) && found.st_nlink == 1 && IsYoung(found);
  if (is_new && !IsHidden(path)) writing_.Appeared(path, now);
}

void FolderWatch::EnterFolder(const std::string& path, Came came, TimePoint now) {
  if (!IsWanted(path)) return;
  if (!options_.tells_of_all_changes(path)) return GiveUp(path, "the file system does not tell of all changes");
  Watch(path, kOfFolders | IN_ONLYDIR);
  std::error_code error;
  for (fs::directory_iterator it(path, error); !error && it != fs::directory_iterator(); it.increment(error)) {
    const std::string child = it->path().string();
    if (IsHidden(child)) continue;
    std::error_code ignored;
    // A plain file is of interest only if it may just be growing.
    if (came == Came::kWhole && !it->is_symlink(ignored) && it->is_regular_file(ignored)) continue;
    Enter(child, came, now);
    if (gave_up_) return;
  }
}

void FolderWatch::Watch(const std::string& path, uint32_t events) {
  visited_.insert(path);
  if (gave_up_) return;
  const int watch = inotify_add_watch(descriptor_, path.empty() ? "." : path.c_str(), events);
  if (watch >= 0) {
    Remove(watches_.Add(path, watch));
    if (watches_.size() > options_.most_folders) GiveUp(path, "there are too many folders");
  } else if (errno == ENOSPC || errno == ENOMEM) {
    GiveUp(path, "the system has no watch left: see fs.inotify.max_user_watches");
  }
  // Else it has gone, or may not be read: the folder above tells when that changes.
}

void FolderWatch::Remove(const std::vector<int>& watches) {
  for (const int watch : watches) inotify_rm_watch(descriptor_, watch);
}

void FolderWatch::Leave(const std::string& path) {
  writing_.Gone(path);
  TakeAtAndBelow(places_, path, [](const auto&) {});
  for (const std::string& root : roots_) places_.try_emplace(root);
  Remove(watches_.RemoveAtAndBelow(path));
}

bool FolderWatch::CheckPlaces(TimePoint now) {
  if (!sees()) return false;
  std::vector<std::string> moved;
  for (const auto& [path, place] : places_) {
    if (PlaceOf(path) != place) moved.push_back(path);
  }
  for (const std::string& path : moved) {
    Leave(path);
    const bool is_root = std::ranges::find(roots_, path) != roots_.end();
    is_root ? EnterRoot(path, Came::kWhole, now) : Enter(path, Came::kWhole, now);
  }
  if (gave_up_) Close();
  return !moved.empty();
}

bool FolderWatch::TakeEvents(TimePoint now) {
  bool changed = false;
  alignas(inotify_event) char buffer[1 << 16];
  while (sees()) {
    const ssize_t had = read(descriptor_, buffer, sizeof buffer);
    if (had < 0 && errno == EINTR) continue;
    if (had <= 0) break;
    for (ssize_t at = 0; at < had;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
      changed |= Handle(*event, now);
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
    }
    if (gave_up_) Close();
  }
  if (std::exchange(lost_events_, false)) TakeLost(now);
  return changed;
}

void FolderWatch::TakeLost(TimePoint now) {
  if (!std::exchange(said_lost_, true)) {
    log_.Info("so much changed at once in the repositories that the kernel did not tell all: looking for it");
  }
  writing_.Doubt(now);
  Renew(now);
}

bool FolderWatch::Handle(const inotify_event& event, TimePoint now) {
  if ((event.mask & IN_Q_OVERFLOW) != 0) return lost_events_ = true;
  bool changed = false;
  for (const std::string& place : watches_.PathsOf(event.wd)) {
    if (event.len == 0) {
      changed |= HandleAt(place, event, now);
    } else {
      changed |= HandleAt((place.empty() ? "" : place + "/") + event.name, event, now);
    }
  }
  if ((event.mask & IN_IGNORED) != 0) watches_.Drop(event.wd);
  return changed;
}

bool FolderWatch::HandleAt(const std::string& path, const inotify_event& event, TimePoint now) {
  const uint32_t what = event.mask;
  const bool is_itself = event.len == 0;  // not what lies in it
  if ((what & (IN_DELETE | IN_MOVED_FROM)) != 0) Leave(path);
  if ((what & IN_CREATE) != 0) Enter(path, Came::kGrowing, now);
  if ((what & IN_MOVED_TO) != 0) Enter(path, Came::kWhole, now);
  // It may be one that could not be read before.
  if ((what & IN_ATTRIB) != 0 && (what & IN_ISDIR) != 0 && !is_itself) Enter(path, Came::kWhole, now);
  if ((what & (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)) != 0) return true;
  if (IsHidden(path) && !is_itself) return false;
  if ((what & IN_MODIFY) != 0) writing_.Written(path, now);
  if ((what & IN_CLOSE_WRITE) != 0) writing_.Closed(path);
  return (what & ~uint32_t{IN_ISDIR}) != 0;
}

}  // namespace trireme
