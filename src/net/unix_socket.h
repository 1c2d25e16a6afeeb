// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "base/status.h"
#include "net/file_descriptor.h"

namespace trireme::net {

// Connections that wait to be accepted; the kernel lowers it to net.core.somaxconn.
inline constexpr int kListenBacklog = 4096;

// The file of a Unix socket that listens: removed at the end, if it is still the one that was made.
class UnixSocketFile {
 public:
  // The file at `path` as it is now.
  explicit UnixSocketFile(std::filesystem::path path);
  ~UnixSocketFile();
  UnixSocketFile(const UnixSocketFile&) = delete;
  UnixSocketFile& operator=(const UnixSocketFile&) = delete;

 private:
  const std::filesystem::path path_;
  FileDescriptor file_;  // as long as it is held, no other file gets its number
};

struct UnixSocket {
  FileDescriptor fd;  // listens, does not block
  std::unique_ptr<UnixSocketFile> file;
};

// Listens at `path`; nobody can connect before the file has `mode`. A socket there that nobody listens on any more is
// replaced. One that somebody listens on is an error, and so is any other kind of file, which is left alone.
Result<UnixSocket> OpenUnixSocket(const std::filesystem::path& path, uint32_t mode);

// Whether nobody listens any more at a socket that is there.
bool IsDeadSocket(const std::filesystem::path& path);

// Whether the process at the other end of a Unix socket belonged to this process's user, or to root, when it connected.
bool IsOwnersPeer(int fd);

}  // namespace trireme::net
