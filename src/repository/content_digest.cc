// SPDX-License-Identifier: Apache-2.0
#include "repository/content_digest.h"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "repository/model_name.h"
#include "repository/open_file.h"

namespace trireme {
namespace {

constexpr size_t kBlockBytes = size_t{1} << 20;

Status Changed() {
  return Unavailable("a file that changes while it is read");
}

bool IsUnwanted(const DigestOptions& options) {
  return options.stop && options.stop();
}

Result<Digest> DigestOf(const OpenFile& file, std::vector<char>& block, const DigestOptions& options) {
  Sha256Stream stream;
  file.ReadAheadOfUse();
  for (uint64_t at = 0; at < file.size();) {
    if (IsUnwanted(options)) return Cancelled("the digest is not wanted any more");
    ASSIGN_OR_RETURN(const size_t had, file.ReadAt(at, block));
    if (had == 0) return Changed();
    stream.Add({block.data(), had});
    if (!options.keep_cached) file.DropFromCache(at, had);
    at += had;
  }
  if (!file.IsAsItWas()) return Changed();
  return stream.Finish();
}

Result<Digest> DigestOf(const std::filesystem::path& path, const FileStamp& expected, std::vector<char>& block,
                        const DigestOptions& options) {
  ASSIGN_OR_RETURN(const OpenFile file, OpenFile::Open(path));
  if (file.stamp() != expected) return Changed();
  return DigestOf(file, block, options);
}

std::string Escaped(std::string_view name) {
  std::string text;
  for (const char c : name) {
    switch (c) {
      case '\\':
        text += "\\\\";
        break;
      case '\n':
        text += "\\n";
        break;
      case '\r':
        text += "\\r";
        break;
      default:
        text += c;
    }
  }
  return text;
}

}  // namespace

std::string DigestLine(const Digest& digest, std::string_view name) {
  const std::string escaped = Escaped(name);
  return (escaped.size() > name.size() ? "\\" : "") + ToHex(digest) + "  " + escaped + "\n";
}

Result<Digest> DigestOfFile(const std::filesystem::path& file, const FileStamp& expected,
                            const DigestOptions& options) {
  std::vector<char> block(kBlockBytes);
  return DigestOf(file, expected, block, options);
}

Result<Digest> ContentDigest(const VersionFiles& version, const DigestOptions& options) {
  std::vector<char> block(kBlockBytes);
  Sha256Stream list;
  for (const VersionFile& file : version.files) {
    const Result<Digest> digest = DigestOf(file.path, file.stamp, block, options);
    if (!digest.ok()) {
      return {{digest.status().code(), Quoted(file.path.string()) + ": " + digest.status().message()}};
    }
    list.Add(DigestLine(*digest, file.name));
  }
  return list.Finish();
}

}  // namespace trireme
