// SPDX-License-Identifier: Apache-2.0
#include "repository/archive.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <system_error>
#include <utility>

#include "base/log.h"
#include "repository/archive_reader.h"
#include "repository/model_name.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kZip = "PK\x03\x04";
constexpr std::string_view kEmptyZip = "PK\x05\x06";
constexpr std::string_view kGzip = "\x1f\x8b";

std::string ErrorText(int error) {
  return std::generic_category().message(error);
}

// A folder that goes with what is in it unless it is kept.
class TemporaryFolder {
 public:
  static Result<TemporaryFolder> Beside(const fs::path& target) {
    std::string path = target.parent_path() / ("." + target.filename().string().substr(0, 200) + ".unpacking-XXXXXX");
    if (mkdtemp(path.data()) == nullptr) return Unavailable("cannot make a folder beside it: " + ErrorText(errno));
    return TemporaryFolder(path);
  }
  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }

  const fs::path& path() const { return path_; }

  // Never in place of what is there.
  Status MoveTo(const fs::path& target) {
    if (renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, target.c_str(), RENAME_NOREPLACE) != 0) {
      if (errno == EEXIST) return AlreadyExists("something lies there now");
      if (errno != EINVAL && errno != ENOSYS) return Unavailable("cannot rename to it: " + ErrorText(errno));
      // A file system that cannot tell: an empty folder at most is replaced.
      if (rename(path_.c_str(), target.c_str()) != 0) return Unavailable("cannot rename to it: " + ErrorText(errno));
    }
    path_.clear();
    return {};
  }

 private:
  explicit TemporaryFolder(fs::path path) : path_(std::move(path)) {}

  fs::path path_;
};

// A new file.
class WrittenFile {
 public:
  explicit WrittenFile(const fs::path& path)
      : descriptor_(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR)),
        open_error_(errno) {}
  ~WrittenFile() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  WrittenFile(const WrittenFile&) = delete;
  WrittenFile& operator=(const WrittenFile&) = delete;

  Status Write(std::span<const char> bytes) const {
    if (descriptor_ < 0) return Unavailable("cannot be made: " + ErrorText(open_error_));
    while (!bytes.empty()) {
      const ssize_t written = write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return Unavailable("cannot be written: " + ErrorText(errno));
      bytes = bytes.subspan(static_cast<size_t>(written));
    }
    return {};
  }

  // Some file systems say only now that there was no room.
  Status Close() {
    if (descriptor_ < 0) return Unavailable("cannot be made: " + ErrorText(open_error_));
    if (close(std::exchange(descriptor_, -1)) != 0) return Unavailable("cannot be written: " + ErrorText(errno));
    return {};
  }

 private:
  int descriptor_;
  const int open_error_;  // where that failed
};

// The folders below a new one, each made when something is to lie there.
class MadeFolders {
 public:
  explicit MadeFolders(fs::path root) : root_(std::move(root)) {}

  const fs::path& root() const { return root_; }

  // `below` is a name as ArchiveNames gives it; empty: the root itself.
  Status Make(std::string_view below) {
    if (below.empty() || made_.contains(below)) return {};
    RETURN_IF_ERROR(MakeParent(below));
    if (mkdir((root_ / below).c_str(), S_IRWXU) != 0 && errno != EEXIST) {
      return Unavailable("cannot make a folder: " + ErrorText(errno));
    }
    made_.emplace(below);
    return {};
  }

  Status MakeParent(std::string_view below) {
    const size_t slash = below.rfind('/');
    return slash == std::string_view::npos ? Status() : Make(below.substr(0, slash));
  }

 private:
  const fs::path root_;
  std::set<std::string, std::less<>> made_;
};

Status ExtractFile(ArchiveReader& reader, MadeFolders& folders, const std::string& name) {
  RETURN_IF_ERROR(folders.MakeParent(name));
  WrittenFile file(folders.root() / name);
  RETURN_IF_ERROR(reader.ReadContents([&](std::span<const char> bytes) { return file.Write(bytes); }));
  return file.Close().Within("entry " + Quoted(name));
}

Result<ExtractedArchive> ExtractAll(ArchiveReader& reader, const fs::path& root) {
  ExtractedArchive extracted;
  MadeFolders folders(root);
  for (;;) {
    ASSIGN_OR_RETURN(const std::optional<EntryHead> entry, reader.Next());
    if (!entry) break;
    if (entry->is_folder) {
      RETURN_IF_ERROR(folders.Make(entry->name).Within("entry " + Quoted(entry->name)));
      continue;
    }
    RETURN_IF_ERROR(ExtractFile(reader, folders, entry->name));
    ++extracted.files;
  }
  if (extracted.files == 0) return NoFileInArchive();
  extracted.bytes = reader.bytes();
  return extracted;
}

// What a zip lists is looked at before anything of it is inflated: it tells of files and bytes that are too many. Of a
// tar each file's head does, on the way.
Status CheckList(const fs::path& archive, const ArchiveLimits& limits) {
  ASSIGN_OR_RETURN(const std::unique_ptr<ArchiveReader> reader, ArchiveReader::Open(archive, limits));
  if (!reader->SkipsForNothing()) return {};
  for (;;) {
    ASSIGN_OR_RETURN(const std::optional<EntryHead> entry, reader->Next());
    if (!entry) return {};
  }
}

Result<ExtractedArchive> Extract(const fs::path& archive, const fs::path& into, const ArchiveLimits& limits) {
  std::error_code error;
  const fs::file_status there = fs::symlink_status(into, error);
  if (there.type() != fs::file_type::not_found) {
    return AlreadyExists("expected nothing at " + into.string() + ", found something");
  }
  RETURN_IF_ERROR(CheckList(archive, limits));
  ASSIGN_OR_RETURN(const std::unique_ptr<ArchiveReader> reader, ArchiveReader::Open(archive, limits));
  const std::string where = "unpacking into " + into.string();
  auto folder = TemporaryFolder::Beside(into);
  if (!folder.ok()) return std::move(folder).status().Within(where);
  ASSIGN_OR_RETURN(ExtractedArchive extracted, ExtractAll(*reader, folder->path()));
  RETURN_IF_ERROR(folder->MoveTo(into).Within(where));
  return extracted;
}

Result<std::string> ReadOne(const fs::path& archive, std::string_view name, size_t max_bytes,
                            const ArchiveLimits& limits) {
  ASSIGN_OR_RETURN(const std::unique_ptr<ArchiveReader> reader, ArchiveReader::Open(archive, limits));
  for (;;) {
    ASSIGN_OR_RETURN(const std::optional<EntryHead> entry, reader->Next());
    if (!entry) return NotFound("expected a file " + Quoted(name) + " in it, found none");
    if (entry->is_folder) continue;
    if (entry->name != name) {
      RETURN_IF_ERROR(reader->SkipContents());
      continue;
    }
    std::string contents;
    RETURN_IF_ERROR(reader->ReadContents([&](std::span<const char> bytes) -> Status {
      contents.append(bytes.data(), bytes.size());
      if (contents.size() <= max_bytes) return {};
      return TooLarge("expected at most " + std::to_string(max_bytes) + " bytes, found more");
    }));
    return contents;
  }
}

}  // namespace

ArchiveKind KindOfArchive(std::string_view beginning) {
  if (beginning.starts_with(kZip) || beginning.starts_with(kEmptyZip)) return ArchiveKind::kZip;
  return beginning.starts_with(kGzip) ? ArchiveKind::kTarGzip : ArchiveKind::kNone;
}

Result<ExtractedArchive> ExtractArchive(const fs::path& archive, const fs::path& into, const ArchiveLimits& limits) {
  auto extracted = Extract(archive, into, limits);
  if (!extracted.ok()) return std::move(extracted).status().Within("archive " + archive.string());
  return extracted;
}

Result<std::string> ReadFromArchive(const fs::path& archive, std::string_view name, size_t max_bytes,
                                    const ArchiveLimits& limits) {
  auto contents = ReadOne(archive, name, max_bytes, limits);
  if (!contents.ok()) return std::move(contents).status().Within("archive " + archive.string());
  return contents;
}

}  // namespace trireme
