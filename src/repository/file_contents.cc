// SPDX-License-Identifier: Apache-2.0
#include "repository/file_contents.h"

#include <algorithm>
#include <fstream>
#include <system_error>

#include "repository/folder.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;

bool LiesIn(const fs::path& root, const fs::path& path) {
  return std::mismatch(root.begin(), root.end(), path.begin(), path.end()).first == root.end();
}

}  // namespace

Result<std::string> ReadFileContents(const fs::path& file, size_t max_bytes) {
  if (const PathKind kind = KindOf(file); kind != PathKind::kFile) return NotFound(std::string(Describe(kind)));
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return Unavailable("a file that may not be read");
  std::string contents;
  constexpr size_t kStep = size_t{1} << 16;
  while (stream && contents.size() <= max_bytes) {
    const size_t had = contents.size();
    contents.resize(had + std::min(kStep, max_bytes + 1 - had));
    stream.read(contents.data() + had, static_cast<std::streamsize>(contents.size() - had));
    contents.resize(had + static_cast<size_t>(stream.gcount()));
  }
  if (stream.bad()) return Unavailable("a file that cannot be read to its end");
  if (contents.size() > max_bytes) return TooLarge("a file of more than " + std::to_string(max_bytes) + " bytes");
  return contents;
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
