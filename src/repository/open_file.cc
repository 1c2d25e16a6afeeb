// SPDX-License-Identifier: Apache-2.0
#include "repository/open_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "repository/folder.h"

namespace trireme {
namespace {

std::string ErrorText() {
  return std::generic_category().message(errno);
}

}  // namespace

Result<OpenFile> OpenFile::Open(const std::filesystem::path& file) {
  // First, because opening a device may do something.
  if (const PathKind kind = KindOf(file); kind != PathKind::kFile) {
    return NotFound(std::string(DescribeInsteadOfFile(kind)));
  }
  OpenFile opened(open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  if (opened.descriptor_ < 0) return Unavailable("a file that may not be read: " + ErrorText());
  struct stat found {};
  if (fstat(opened.descriptor_, &found) != 0) return Unavailable("a file that cannot be looked at: " + ErrorText());
  if (!S_ISREG(found.st_mode)) return NotFound(std::string(Describe(PathKind::kOther)));
  opened.stamp_ = StampOf(found);
  return opened;
}

OpenFile::OpenFile(OpenFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), stamp_(other.stamp_) {}

OpenFile::~OpenFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

bool OpenFile::IsAsItWas() const {
  struct stat found {};
  return fstat(descriptor_, &found) == 0 && StampOf(found) == stamp_;
}

Result<size_t> OpenFile::ReadAt(uint64_t offset, std::span<char> to) const {
  size_t had = 0;
  while (had < to.size()) {
    const ssize_t got = pread(descriptor_, to.data() + had, to.size() - had, static_cast<off_t>(offset + had));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Unavailable("a file that cannot be read to its end: " + ErrorText());
    if (got == 0) break;
    had += static_cast<size_t>(got);
  }
  return had;
}

// Advice that is not taken costs nothing but time.
void OpenFile::ReadAheadOfUse() const {
  static_cast<void>(posix_fadvise(descriptor_, 0, 0, POSIX_FADV_SEQUENTIAL));
}

void OpenFile::DropFromCache(uint64_t offset, uint64_t bytes) const {
  static_cast<void>(
      posix_fadvise(descriptor_, static_cast<off_t>(offset), static_cast<off_t>(bytes), POSIX_FADV_DONTNEED));
}

}  // namespace trireme
