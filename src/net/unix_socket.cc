// SPDX-License-Identifier: Apache-2.0
#include "net/unix_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

namespace trireme::net {
namespace {

using std::filesystem::path;

Status CannotListen(const path& at, const std::string& reason) {
  return Unavailable("cannot listen on unix:" + at.string() + ": " + reason);
}

std::string SystemError(int error) {
  return std::generic_category().message(error);
}

FileDescriptor MakeSocket() {
  return FileDescriptor(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

Result<sockaddr_un> AddressOf(const path& at) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& text = at.native();
  constexpr size_t kMaxBytes = sizeof(address.sun_path) - 1;
  if (text.size() > kMaxBytes) {
    return CannotListen(at, "expected a path of at most " + std::to_string(kMaxBytes) + " bytes, got one of " +
                                std::to_string(text.size()));
  }
  if (text.find('\0') != std::string::npos) return CannotListen(at, "expected a path without NUL, got one in it");
  std::memcpy(address.sun_path, text.data(), text.size());
  return address;
}

// 0 if somebody listens there.
int TryToConnect(const sockaddr_un& address) {
  const FileDescriptor probe = MakeSocket();
  if (!probe) return errno;
  const bool connected = connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  if (connected || errno == EAGAIN) return 0;  // EAGAIN: and has much to do
  return errno;
}

// Removes what a dead server has left.
Status MakeRoom(const path& at, const sockaddr_un& address) {
  struct stat found {};
  if (lstat(at.c_str(), &found) != 0) return {};  // what is wrong, if anything is, shows when it is bound
  if (!S_ISSOCK(found.st_mode)) return CannotListen(at, "expected a free path or a socket, found another kind of file");
  const int error = TryToConnect(address);
  if (error == 0) return CannotListen(at, "another server listens there");
  if (error != ECONNREFUSED)
    return CannotListen(at, "whether a server listens there is not known: " + SystemError(error));
  if (unlink(at.c_str()) != 0 && errno != ENOENT) {
    return CannotListen(at, "what a dead server left cannot be removed: " + SystemError(errno));
  }
  return {};
}

// With errno, if a step fails. Before listen(2) nobody can connect; the file is never open to more than `mode`.
bool BindAndListen(int fd, const path& at, const sockaddr_un& address, mode_t mode) {
  return fchmod(fd, mode) == 0 && bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 &&
         chmod(at.c_str(), mode) == 0 &&  // the umask may have taken some of it away
         listen(fd, kListenBacklog) == 0;
}

}  // namespace

UnixSocketFile::UnixSocketFile(path file)
    : path_(std::move(file)), file_(open(path_.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC)) {}

UnixSocketFile::~UnixSocketFile() {
  struct stat made {};
  struct stat found {};
  const bool still_there = fstat(file_.get(), &made) == 0 && lstat(path_.c_str(), &found) == 0 &&
                           made.st_dev == found.st_dev && made.st_ino == found.st_ino;
  if (still_there) unlink(path_.c_str());
}

Result<UnixSocket> OpenUnixSocket(const path& at, uint32_t mode) {
  ASSIGN_OR_RETURN(const sockaddr_un address, AddressOf(at));
  RETURN_IF_ERROR(MakeRoom(at, address));
  UnixSocket opened{.fd = MakeSocket()};
  if (!opened.fd || !BindAndListen(opened.fd.get(), at, address, static_cast<mode_t>(mode & 0777))) {
    return CannotListen(at, SystemError(errno));
  }
  opened.file = std::make_unique<UnixSocketFile>(at);
  return opened;
}

bool IsDeadSocket(const path& at) {
  const Result<sockaddr_un> address = AddressOf(at);
  return address.ok() && TryToConnect(*address) == ECONNREFUSED;
}

bool IsOwnersPeer(int fd) {
  ucred peer{};
  socklen_t bytes = sizeof(peer);
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) != 0) return false;
  return peer.uid == geteuid() || peer.uid == 0;
}

}  // namespace trireme::net
