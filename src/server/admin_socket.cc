// SPDX-License-Identifier: Apache-2.0
#include "server/admin_socket.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <string>
#include <system_error>
#include <utility>

#include "net/file_descriptor.h"
#include "net/unix_socket.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;

Status CannotUse(const fs::path& folder, const std::string& reason) {
  return Unavailable("folder of admin sockets '" + folder.string() + "': " + reason);
}

// Of what it really is, whatever a link would lead to.
bool IsFolderOf(const fs::path& path, uid_t user) {
  struct stat found {};
  return lstat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode) && found.st_uid == user;
}

// Where others may write, as in /tmp, somebody may have been there before.
Status MakeOwnFolder(const fs::path& folder, uid_t user) {
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return CannotUse(folder, std::generic_category().message(errno));
  }
  const net::FileDescriptor opened(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat found {};
  if (!opened || fstat(opened.get(), &found) != 0) {
    return CannotUse(folder, "expected a folder, and no link: " + std::generic_category().message(errno));
  }
  if (found.st_uid != user) {
    return CannotUse(
        folder, "expected one of user " + std::to_string(user) + ", found one of user " + std::to_string(found.st_uid));
  }
  if ((found.st_mode & 077U) != 0) return CannotUse(folder, "expected mode 700, found it open to others");
  return {};
}

std::vector<fs::path> SocketsIn(const fs::path& folder) {
  std::vector<fs::path> sockets;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const fs::file_status status = entry->symlink_status(error);
    if (!error && status.type() == fs::file_type::socket) sockets.push_back(entry->path());
  }
  std::sort(sockets.begin(), sockets.end());
  return sockets;
}

bool IsOfALivingProcess(const fs::path& socket) {
  const std::string name = socket.stem().string();
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
  if (error != std::errc() || end != name.data() + name.size() || pid <= 0) return false;
  return kill(pid, 0) == 0 || errno != ESRCH;
}

// A server that is just starting has its socket before it listens there, so a socket where nobody listens is not
// enough. And where containers share the folder, a process that nobody sees is not enough either.
void RemoveDeadSockets(const fs::path& folder) {
  for (const fs::path& socket : SocketsIn(folder)) {
    if (!IsOfALivingProcess(socket) && net::IsDeadSocket(socket)) unlink(socket.c_str());
  }
}

}  // namespace

AdminFolders::AdminFolders(uid_t user, fs::path runtime_folder, fs::path temporary_folder)
    : user_(user), runtime_folder_(std::move(runtime_folder)) {
  if (runtime_folder_.is_absolute()) folders_.push_back(runtime_folder_ / "trireme");
  folders_.push_back(std::move(temporary_folder) / ("trireme-" + std::to_string(user)));
}

AdminFolders AdminFolders::OfThisProcess() {
  const char* runtime_folder = std::getenv("XDG_RUNTIME_DIR");  // NOLINT(concurrency-mt-unsafe): nobody sets any
  return {geteuid(), runtime_folder == nullptr ? "" : runtime_folder};
}

Result<fs::path> AdminFolders::Prepare() const {
  // Who has become another user, as by su, may still be shown the folder of the first.
  const bool has_session = folders_.size() > 1 && IsFolderOf(runtime_folder_, user_);
  const fs::path& folder = has_session ? folders_.front() : folders_.back();
  RETURN_IF_ERROR(MakeOwnFolder(folder, user_));
  RemoveDeadSockets(folder);
  return folder;
}

std::vector<fs::path> AdminFolders::FindSockets() const {
  std::vector<fs::path> found;
  for (const fs::path& folder : folders_) {
    if (!IsFolderOf(folder, user_)) continue;  // whose sockets may be anybody's
    for (fs::path& socket : SocketsIn(folder)) {
      if (!net::IsDeadSocket(socket)) found.push_back(std::move(socket));
    }
  }
  return found;
}

}  // namespace trireme
