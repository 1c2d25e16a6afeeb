// SPDX-License-Identifier: Apache-2.0
#include "backends/onnx/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
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

}  // namespace

Result<MappedFile> MappedFile::Open(const std::filesystem::path& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return SystemError("cannot be opened");
  struct stat info = {};
  if (fstat(file.get(), &info) != 0) return SystemError("cannot be examined");
  if (!S_ISREG(info.st_mode)) return InvalidArgument("is not a file");
  const auto size = static_cast<size_t>(info.st_size);
  if (size == 0) return MappedFile(nullptr, 0);
  void* data = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (data == MAP_FAILED) return SystemError("cannot be mapped");
  return MappedFile(data, size);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) munmap(data_, size_);
}

}  // namespace trireme::onnx
