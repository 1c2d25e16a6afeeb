// SPDX-License-Identifier: Apache-2.0
#include "backends/onnx/file_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace trireme::onnx {
namespace {

// Closes what it has.
class Descriptor {
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

Status SystemError(const char* what) {
  const int error = errno;
  const std::string text = std::string(what) + ": " + std::generic_category().message(error);
  return error == ENOENT || error == ENOTDIR ? NotFound(text) : InvalidArgument(text);
}

Status ReadAll(int file, uint64_t offset, std::span<char> to) {
  while (!to.empty()) {
    const ssize_t bytes = pread(file, to.data(), to.size(), static_cast<off_t>(offset));
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) return SystemError("cannot be read");
    if (bytes == 0) return InvalidArgument("became shorter while it was read");
    to = to.subspan(static_cast<size_t>(bytes));
    offset += static_cast<uint64_t>(bytes);
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<onnxfile::ByteSource>> OpenFileSource(const std::filesystem::path& path) {
  // Shared because a std::function must be able to be copied.
  const auto file = std::make_shared<const Descriptor>(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file->get() < 0) return SystemError("cannot be opened");
  struct stat info = {};
  if (fstat(file->get(), &info) != 0) return SystemError("cannot be examined");
  if (!S_ISREG(info.st_mode)) return InvalidArgument("is not a file");
  return std::make_unique<onnxfile::ByteSource>(
      static_cast<uint64_t>(info.st_size),
      [file](uint64_t offset, std::span<char> to) { return ReadAll(file->get(), offset, to); });
}

}  // namespace trireme::onnx
