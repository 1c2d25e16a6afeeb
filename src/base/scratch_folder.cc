// SPDX-License-Identifier: Apache-2.0
#include "base/scratch_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace trireme {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "trireme-load-";
constexpr std::string_view kPattern = "trireme-load-XXXXXX";

// The folder, open, if it is this user's and nobody's lock is on it: then ours is. Else -1.
int LockFolder(const fs::path& folder) {
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return -1;
  struct stat info = {};
  if (fstat(fd, &info) == 0 && info.st_uid == geteuid() && flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
  close(fd);
  return -1;
}

void Remove(const fs::path& folder, int lock) {
  std::error_code ignored;
  fs::remove_all(folder, ignored);
  close(lock);
}

void RemoveAbandoned(const fs::path& above) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator it(above, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.starts_with(kPrefix) && name.size() == kPattern.size()) found.push_back(it->path());
  }
  for (const fs::path& folder : found) {
    if (const int lock = LockFolder(folder); lock >= 0) Remove(folder, lock);
  }
}

Status Failed(const fs::path& above) {
  return Internal("no folder can be made in " + above.string() + ": " +
                  std::error_code(errno, std::generic_category()).message());
}

}  // namespace

Result<std::shared_ptr<const ScratchFolder>> ScratchFolder::Make() {
  std::error_code error;
  const fs::path above = fs::temp_directory_path(error);
  if (error) return Internal("no folder for temporary files: " + error.message());
  RemoveAbandoned(above);
  // Between its making and its lock another process may take a folder for abandoned, and remove it.
  for (int attempts = 0; attempts < 10; ++attempts) {
    std::string name = (above / kPattern).string();
    if (mkdtemp(name.data()) == nullptr) return Failed(above);
    const int lock = LockFolder(name);
    if (lock < 0) continue;
    if (fs::is_directory(name, error)) {
      return std::shared_ptr<const ScratchFolder>(new ScratchFolder(name, lock));  // NOLINT: the constructor is private
    }
    close(lock);
  }
  return Internal("no folder made in " + above.string() + " can be locked");
}

ScratchFolder::~ScratchFolder() {
  Remove(path_, lock_);
}

}  // namespace trireme
