// SPDX-License-Identifier: Apache-2.0
#include "base/regular_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

namespace trireme {
namespace {

Status SystemError(const char* what) {
  const int error = errno;
  const std::string text = std::string(what) + ": " + std::generic_category().message(error);
  if (error == ENOENT || error == ENOTDIR) return NotFound(text);
  // Not the file's fault: it may be read the next time.
  const bool passes = error == EMFILE || error == ENFILE || error == ENOMEM || error == EIO || error == ESTALE;
  return passes ? Unavailable(text) : InvalidArgument(text);
}

}  // namespace

// Closes what it has.
class RegularFile::Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

RegularFile::RegularFile(std::shared_ptr<const Descriptor> descriptor, uint64_t size)
    : descriptor_(std::move(descriptor)), size_(size) {}

Result<RegularFile> RegularFile::Open(const std::filesystem::path& path) {
  auto descriptor = std::make_shared<const Descriptor>(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (descriptor->get() < 0) return SystemError("cannot be opened");
  struct stat info = {};
  if (fstat(descriptor->get(), &info) != 0) return SystemError("cannot be examined");
  if (!S_ISREG(info.st_mode)) return InvalidArgument("is not a file");
  return RegularFile(std::move(descriptor), static_cast<uint64_t>(info.st_size));
}

Status RegularFile::Read(uint64_t offset, std::span<char> to) const {
  while (!to.empty()) {
    const ssize_t bytes = pread(descriptor_->get(), to.data(), to.size(), static_cast<off_t>(offset));
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) return SystemError("cannot be read");
    if (bytes == 0) return InvalidArgument("became shorter while it was read");
    to = to.subspan(static_cast<size_t>(bytes));
    offset += static_cast<uint64_t>(bytes);
  }
  return {};
}

Result<std::string> RegularFile::ReadAll(uint64_t most_bytes) const {
  if (size_ > most_bytes) {
    return TooLarge("expected at most " + std::to_string(most_bytes) + " bytes, found " + std::to_string(size_));
  }
  std::string bytes(size_, '\0');
  RETURN_IF_ERROR(Read(0, bytes));
  return bytes;
}

}  // namespace trireme
