// SPDX-License-Identifier: Apache-2.0
#include "repository/file_contents.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "repository/folder.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;

bool LiesIn(const fs::path& root, const fs::path& path) {
  return std::mismatch(root.begin(), root.end(), path.begin(), path.end()).first == root.end();
}

Status TooLong(size_t max_bytes) {
  return TooLarge("a file of more than " + std::to_string(max_bytes) + " bytes");
}

// An ordinary file, open for reading. What lies at the path may be another thing from one call to the next, so the type
// is asked of what was opened; and opening a pipe does not wait for somebody who writes.
class OpenFile {
 public:
  static Result<OpenFile> Open(const fs::path& file) {
    // First, because opening a device may do something.
    if (const PathKind kind = KindOf(file); kind != PathKind::kFile) return NotFound(std::string(Describe(kind)));
    OpenFile opened(open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
    if (opened.descriptor_ < 0) return Unavailable("a file that may not be read: " + ErrorText());
    struct stat found {};
    if (fstat(opened.descriptor_, &found) != 0) return Unavailable("a file that cannot be looked at: " + ErrorText());
    if (!S_ISREG(found.st_mode)) return NotFound(std::string(Describe(PathKind::kOther)));
    opened.size_ = static_cast<size_t>(found.st_size);
    return opened;
  }
  OpenFile(OpenFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)), size_(other.size_) {}
  OpenFile& operator=(OpenFile&&) = delete;
  ~OpenFile() {
    if (descriptor_ >= 0) close(descriptor_);
  }

  size_t size() const { return size_; }

  // From the beginning, so many bytes at most.
  Result<std::string> Read(size_t most) const {
    std::string bytes(most, '\0');
    size_t had = 0;
    while (had < most) {
      const ssize_t got = read(descriptor_, bytes.data() + had, most - had);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return Unavailable("a file that cannot be read to its end: " + ErrorText());
      if (got == 0) break;
      had += static_cast<size_t>(got);
    }
    bytes.resize(had);
    return bytes;
  }

 private:
  explicit OpenFile(int descriptor) : descriptor_(descriptor) {}

  static std::string ErrorText() { return std::generic_category().message(errno); }

  int descriptor_;
  size_t size_ = 0;
};

}  // namespace

Result<std::string> ReadFileContents(const fs::path& file, size_t max_bytes) {
  ASSIGN_OR_RETURN(const OpenFile open, OpenFile::Open(file));
  if (open.size() > max_bytes) return TooLong(max_bytes);
  // One more than it may have, so that what has grown since shows.
  ASSIGN_OR_RETURN(std::string contents, open.Read(open.size() + 1));
  if (contents.size() <= open.size()) return contents;
  return contents.size() > max_bytes ? TooLong(max_bytes) : Unavailable("a file that is just being written");
}

Result<std::string> ReadFileBeginning(const fs::path& file, size_t max_bytes) {
  ASSIGN_OR_RETURN(const OpenFile open, OpenFile::Open(file));
  return open.Read(std::min(max_bytes, open.size()));
}

Result<fs::path> FindInside(const fs::path& root, const fs::path& folder, std::string_view name) {
  if (root.empty()) return InvalidArgument("the model is a file without a folder of its own: it has no other files");
  if (name.empty()) return InvalidArgument("an empty name");
  if (name.find('\0') != std::string_view::npos) return InvalidArgument("a name with a zero byte");
  const fs::path relative = fs::path(name).lexically_normal();
  if (relative.is_absolute()) return InvalidArgument("an absolute path");
  // Asked before it is said whether there is such a file: the answer does not tell what lies elsewhere.
  if (*relative.begin() == "..") return InvalidArgument("a path that leads out of the model's folder");
  std::error_code error;
  const fs::path home = fs::canonical(root, error);
  if (error) return NotFound("no folder to look in");
  const fs::path file = fs::canonical(folder / relative, error);
  if (error) return NotFound(std::string(Describe(KindOf(folder / relative))));
  if (!LiesIn(home, file)) return InvalidArgument("a link that leads out of the model's folder");
  if (const PathKind kind = KindOf(file); kind != PathKind::kFile) return NotFound(std::string(Describe(kind)));
  return file;
}

}  // namespace trireme
