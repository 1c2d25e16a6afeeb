// SPDX-License-Identifier: Apache-2.0
#include "repository/file_contents.h"

#include <algorithm>
#include <system_error>

#include "repository/folder.h"
#include "repository/open_file.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;

bool LiesIn(const fs::path& root, const fs::path& path) {
  return std::mismatch(root.begin(), root.end(), path.begin(), path.end()).first == root.end();
}

Status TooLong(size_t max_bytes) {
  return TooLarge("a file of more than " + std::to_string(max_bytes) + " bytes");
}

Result<std::string> ReadBeginning(const OpenFile& file, size_t most) {
  std::string bytes(most, '\0');
  ASSIGN_OR_RETURN(const size_t had, file.ReadAt(0, bytes));
  bytes.resize(had);
  return bytes;
}

}  // namespace

Result<std::string> ReadFileContents(const fs::path& file, size_t max_bytes) {
  ASSIGN_OR_RETURN(const OpenFile open, OpenFile::Open(file));
  if (open.size() > max_bytes) return TooLong(max_bytes);
  // One more than it may have, so that what has grown since shows.
  ASSIGN_OR_RETURN(std::string contents, ReadBeginning(open, open.size() + 1));
  if (contents.size() <= open.size()) return contents;
  return contents.size() > max_bytes ? TooLong(max_bytes) : Unavailable("a file that is just being written");
}

Result<std::string> ReadNamedFile(const fs::path& file, size_t max_bytes) {
  Result<std::string> contents = ReadFileContents(file, max_bytes);
  if (contents.ok()) return contents;
  return Status(contents.status().code(), file.string() + ": expected a file of at most " + std::to_string(max_bytes) +
                                              " bytes, found " + contents.status().message());
}

Result<std::string> ReadFileBeginning(const fs::path& file, size_t max_bytes) {
  ASSIGN_OR_RETURN(const OpenFile open, OpenFile::Open(file));
  return ReadBeginning(open, std::min(max_bytes, open.size()));
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
  if (error) return NotFound(std::string(DescribeInsteadOfFile(KindOf(folder / relative))));
  if (!LiesIn(home, file)) return InvalidArgument("a link that leads out of the model's folder");
  if (const PathKind kind = KindOf(file); kind != PathKind::kFile) {
    return NotFound(std::string(DescribeInsteadOfFile(kind)));
  }
  return file;
}

}  // namespace trireme
