// SPDX-License-Identifier: Apache-2.0
#include "backends/tensorflow/open_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace trireme::tensorflow {
namespace {

std::string Reason(int error) {
  return std::generic_category().message(error);
}

}  // namespace

class OpenFile::Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int fd() const { return fd_; }

 private:
  const int fd_;
};

OpenFile::OpenFile(std::shared_ptr<const Descriptor> descriptor, uint64_t size)
    : descriptor_(std::move(descriptor)), size_(size) {}

Result<OpenFile> OpenFile::Open(const std::filesystem::path& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) {
    const int error = errno;
    if (error == ENOENT || error == ENOTDIR) return NotFound("there is no such file");
    return InvalidArgument("it cannot be opened: " + Reason(error));
  }
  auto descriptor = std::make_shared<const Descriptor>(fd);
  struct stat found = {};
  if (fstat(fd, &found) != 0) return InvalidArgument("it cannot be looked at: " + Reason(errno));
  if (!S_ISREG(found.st_mode)) return InvalidArgument("expected a file, found something else");
  return OpenFile(std::move(descriptor), static_cast<uint64_t>(found.st_size));
}

Status OpenFile::Read(uint64_t offset, std::span<char> to) const {
  while (!to.empty()) {
    const ssize_t got = pread(descriptor_->fd(), to.data(), to.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return InvalidArgument("it cannot be read: " + Reason(errno));
    if (got == 0) return InvalidArgument("it ends at byte " + std::to_string(offset) + ", in the middle of something");
    to = to.subspan(static_cast<size_t>(got));
    offset += static_cast<uint64_t>(got);
  }
  return {};
}

Result<std::string> OpenFile::ReadAll(uint64_t most_bytes) const {
  if (size_ > most_bytes) {
    return TooLarge("expected at most " + std::to_string(most_bytes) + " bytes, found " + std::to_string(size_));
  }
  std::string bytes(size_, '\0');
  RETURN_IF_ERROR(Read(0, bytes));
  return bytes;
}

}  // namespace trireme::tensorflow
