// SPDX-License-Identifier: Apache-2.0
#include "repository/archive.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <clocale>
#include <cstdio>
#include <memory>
#include <new>
#include <optional>
#include <set>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

#include "base/excerpt.h"
#include "base/log.h"
#include "repository/archive_names.h"
#include "repository/gunzip_file.h"
#include "repository/libarchive.h"
#include "repository/model_name.h"
#include "repository/open_file.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;

constexpr size_t kShownBytes = 256;  // of a name
constexpr std::string_view kExpectedKind = "expected a zip or a tar.gz, found ";

constexpr std::string_view kZip = "PK\x03\x04";
constexpr std::string_view kEmptyZip = "PK\x05\x06";
constexpr std::string_view kGzip = "\x1f\x8b";

Status NoFile() {
  return InvalidArgument("expected a file at least, found none");
}

std::string ErrorText(int error) {
  return std::generic_category().message(error);
}

// Names of entries pass through the C library's idea of text, which is ASCII unless a thread says otherwise.
class Utf8OnThisThread {
 public:
  Utf8OnThisThread() : utf8_(newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (utf8_ != nullptr) before_ = uselocale(utf8_);
  }
  ~Utf8OnThisThread() {
    if (utf8_ == nullptr) return;
    uselocale(before_);
    freelocale(utf8_);
  }
  Utf8OnThisThread(const Utf8OnThisThread&) = delete;
  Utf8OnThisThread& operator=(const Utf8OnThisThread&) = delete;

 private:
  locale_t utf8_;
  locale_t before_ = nullptr;
};

struct FreeReader {
  const LibArchive* library;
  void operator()(struct archive* reader) const { library->read_free(reader); }
};

struct EntryHead {
  std::string name;  // empty: the folder itself
  bool is_folder = false;
};

// Walks over the entries of one archive, in its own order, and keeps the limits.
class ArchiveReader {
 public:
  ArchiveReader(const LibArchive& library, const OpenFile& file, const ArchiveLimits& limits)
      : library_(library),
        file_(file),
        limits_(limits),
        names_(limits),
        reader_(library.read_new(), FreeReader{.library = &library}) {
    if (reader_ == nullptr) throw std::bad_alloc();
  }

  Status Open() {
    std::vector<char> beginning(4);
    ASSIGN_OR_RETURN(const size_t had, file_.ReadAt(0, beginning));
    const ArchiveKind kind = KindOfArchive({beginning.data(), had});
    if (kind == ArchiveKind::kNone) {
      return InvalidArgument(std::string(kExpectedKind) + (had == 0 ? "an empty file" : "another kind of file"));
    }
    if (std::string_view(beginning.data(), had) == kEmptyZip) return NoFile();
    kind_ = kind;
    // No filter: libarchive's would open gzip in gzip in gzip, and none of them looks at a checksum.
    const bool is_zip = kind == ArchiveKind::kZip;
    const int prepared =
        is_zip ? library_.read_support_format_zip_seekable(reader()) : library_.read_support_format_tar(reader());
    if (prepared != ARCHIVE_OK) return Internal("libarchive cannot read such files");
    library_.read_set_read_callback(reader(), is_zip ? ReadFile : ReadInflated);
    if (is_zip) library_.read_set_seek_callback(reader(), Seek);
    if (is_zip) library_.read_set_skip_callback(reader(), Skip);
    library_.read_set_callback_data(reader(), this);
    if (!is_zip) gunzip_ = std::make_unique<GunzipFile>(file_);
    if (library_.read_open1(reader()) != ARCHIVE_OK) return Broken();
    return {};
  }

  // The next entry, or nothing at the end.
  Result<std::optional<EntryHead>> Next() {
    archive_entry* entry = nullptr;
    const int code = library_.read_next_header(reader(), &entry);
    listed_ = true;
    if (code == ARCHIVE_EOF) return AtEnd();
    if (entries_ == limits_.entries) {
      return TooLarge("expected at most " + std::to_string(limits_.entries) + " entries, found more");
    }
    ++entries_;
    name_ = NameOf(entry);
    if (code != ARCHIVE_OK) return WithinEntry(Broken());
    auto head = Look(entry);
    if (!head.ok()) return WithinEntry(std::move(head).status());
    return std::optional<EntryHead>(*std::move(head));
  }

  // Calls take(bytes) for the contents of the entry that Next() gave, piece by piece.
  template <typename Take>
  Status ReadContents(Take take) {
    uint64_t so_far = 0;
    for (;;) {
      const void* data = nullptr;
      size_t bytes = 0;
      la_int64_t offset = 0;
      const int code = library_.read_data_block(reader(), &data, &bytes, &offset);
      if (code == ARCHIVE_EOF) break;
      if (code != ARCHIVE_OK) return WithinEntry(Broken());
      if (offset < 0 || static_cast<uint64_t>(offset) != so_far) return WithinEntry(Sparse());
      so_far += bytes;
      bytes_ += bytes;
      if (Status s = CheckBytes(); !s.ok()) return WithinEntry(std::move(s));
      if (Status s = take(std::span(static_cast<const char*>(data), bytes)); !s.ok()) return WithinEntry(std::move(s));
    }
    if (expected_bytes_ && *expected_bytes_ != so_far) {
      return WithinEntry(InvalidArgument("expected " + std::to_string(*expected_bytes_) + " bytes, as it says, found " +
                                         std::to_string(so_far)));
    }
    return {};
  }

  // Passes over it: for nothing in a zip, which says where the next one is.
  Status SkipContents() {
    if (kind_ == ArchiveKind::kZip) return {};
    return ReadContents([](std::span<const char> /*bytes*/) { return Status(); });
  }

  uint64_t bytes() const { return bytes_; }

 private:
  struct archive* reader() const {
    return reader_.get();
  }

  static la_ssize_t ReadFile(struct archive* /*reader*/, void* self, const void** bytes) {
    return static_cast<ArchiveReader*>(self)->Give(&ArchiveReader::ReadNext, bytes);
  }

  static la_ssize_t ReadInflated(struct archive* /*reader*/, void* self, const void** bytes) {
    return static_cast<ArchiveReader*>(self)->Give(&ArchiveReader::InflateNext, bytes);
  }

  // Called by libarchive, which is C: nothing is thrown through it.
  la_ssize_t Give(Result<size_t> (ArchiveReader::*next)(), const void** bytes) noexcept {
    *bytes = block_.data();
    try {
      Result<size_t> had = (this->*next)();
      if (had.ok()) return static_cast<la_ssize_t>(*had);
      failure_ = std::move(had).status();
    } catch (const std::bad_alloc&) {
      is_short_of_memory_ = true;
    }
    return -1;
  }

  void ThrowIfShortOfMemory() const {
    if (is_short_of_memory_) throw std::bad_alloc();
  }

  Result<size_t> ReadNext() {
    // What lists the entries is read as a whole, before the first of them, and kept.
    listing_bytes_ += listed_ ? 0 : block_.size();
    if (listing_bytes_ > MostListingBytes()) {
      return TooLarge("expected a list of at most " + std::to_string(limits_.entries) + " entries, found a longer one");
    }
    ASSIGN_OR_RETURN(const size_t had, file_.ReadAt(at_, block_));
    at_ += had;
    return had;
  }

  // What stands between files counts here.
  Result<size_t> InflateNext() {
    ASSIGN_OR_RETURN(const size_t had, gunzip_->Read(block_));
    RETURN_IF_ERROR(CheckRatio(gunzip_->bytes()));
    return had;
  }

  static la_int64_t Seek(struct archive* /*reader*/, void* self, la_int64_t offset, int whence) {
    auto& me = *static_cast<ArchiveReader*>(self);
    const auto size = static_cast<la_int64_t>(me.file_.size());
    const la_int64_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? static_cast<la_int64_t>(me.at_) : size;
    la_int64_t to = 0;
    if (__builtin_add_overflow(from, offset, &to) || to < 0 || to > size) return ARCHIVE_FATAL;
    me.at_ = static_cast<uint64_t>(to);
    return to;
  }

  static la_int64_t Skip(struct archive* /*reader*/, void* self, la_int64_t wanted) {
    auto& me = *static_cast<ArchiveReader*>(self);
    const auto left = static_cast<la_int64_t>(me.file_.size() - std::min<uint64_t>(me.at_, me.file_.size()));
    const la_int64_t skipped = std::clamp<la_int64_t>(wanted, 0, left);
    me.at_ += static_cast<uint64_t>(skipped);
    return skipped;
  }

  uint64_t MostListingBytes() const {
    constexpr uint64_t kAround = 1 << 20;  // where its end is looked for, and whole blocks
    constexpr uint64_t kBesideName = 512;
    return kAround + limits_.entries * (kBesideName + limits_.name_bytes);
  }

  std::string NameOf(archive_entry* entry) const {
    const char* name = entry == nullptr ? nullptr : library_.entry_pathname(entry);
    if (name == nullptr && entry != nullptr) name = library_.entry_pathname_utf8(entry);
    return name == nullptr ? "" : name;
  }

  Result<EntryHead> Look(archive_entry* entry) {
    const auto type = library_.entry_filetype(entry);
    const bool is_folder = type == AE_IFDIR;
    if (library_.entry_hardlink(entry) != nullptr || library_.entry_symlink(entry) != nullptr || type == AE_IFLNK) {
      return InvalidArgument("expected a file or a folder, found a link");
    }
    if (!is_folder && type != AE_IFREG) return InvalidArgument("expected a file or a folder, found a device or a pipe");
    if (library_.entry_is_encrypted(entry) != 0)
      return InvalidArgument("expected a plain file, found an encrypted one");
    if (library_.entry_sparse_count(entry) > 0) return Sparse();
    if (kind_ == ArchiveKind::kZip && !is_folder) {
      const char* format = library_.format_name(reader());
      const std::string_view shown = format == nullptr ? "" : format;
      if (!shown.ends_with("(deflation)") && !shown.ends_with("(uncompressed)")) {
        return InvalidArgument("expected a deflated or stored file, found " + PlainText(Excerpt(shown, 64)));
      }
    }
    ASSIGN_OR_RETURN(std::string name, names_.Take(name_, is_folder));
    expected_bytes_ = std::nullopt;
    if (library_.entry_size_is_set(entry) != 0 && !is_folder) {
      expected_bytes_ = static_cast<uint64_t>(std::max<la_int64_t>(0, library_.entry_size(entry)));
    }
    // Only to fail before the disk is full of what is refused in the end; what comes is counted all the same.
    if (expected_bytes_.value_or(0) > limits_.bytes) return TooManyBytes();
    return EntryHead{.name = std::move(name), .is_folder = is_folder};
  }

  // A tar may end before its gzip does, whose last bytes tell whether all of it is as it was written.
  Result<std::optional<EntryHead>> AtEnd() {
    ThrowIfShortOfMemory();
    if (!failure_.ok()) return failure_;
    for (size_t had = 1; gunzip_ != nullptr && had > 0;) {
      ASSIGN_OR_RETURN(had, InflateNext());
    }
    if (!file_.IsAsItWas()) return Unavailable("it has changed while it was read");
    return std::optional<EntryHead>();
  }

  Status CheckBytes() const { return bytes_ > limits_.bytes ? TooManyBytes() : CheckRatio(bytes_); }

  Status CheckRatio(uint64_t bytes) const {
    if (bytes > limits_.free_bytes && bytes / limits_.ratio > file_.size()) {
      return TooLarge("expected at most " + std::to_string(limits_.ratio) + " times the archive's " +
                      std::to_string(file_.size()) + " bytes, found more");
    }
    return {};
  }

  Status TooManyBytes() const {
    return TooLarge("expected at most " + std::to_string(limits_.bytes) + " bytes in all files, found more");
  }

  static Status Sparse() { return InvalidArgument("expected a plain file, found a sparse one"); }

  Status Broken() const {
    ThrowIfShortOfMemory();
    if (!failure_.ok()) return failure_;
    // No exception: it may have been the archive that wanted too much.
    if (library_.error_number(reader()) == ENOMEM) return OutOfMemory("the system gives no more memory to read it");
    const char* text = library_.error_string(reader());
    return InvalidArgument("expected a whole " + std::string(kind_ == ArchiveKind::kZip ? "zip" : "tar.gz") +
                           ", found: " + (text == nullptr ? "something else" : PlainText(Excerpt(text, 200))));
  }

  Status WithinEntry(Status status) const {
    if (name_.empty()) return status;
    return std::move(status).Within("entry " + Quoted(name_.substr(0, kShownBytes)));
  }

  const LibArchive& library_;
  const OpenFile& file_;
  const ArchiveLimits& limits_;
  ArchiveNames names_;
  std::unique_ptr<struct archive, FreeReader> reader_;
  std::unique_ptr<GunzipFile> gunzip_;  // of a tar.gz
  ArchiveKind kind_ = ArchiveKind::kNone;
  std::vector<char> block_ = std::vector<char>(size_t{64} << 10);
  uint64_t at_ = 0;
  bool listed_ = false;
  uint64_t listing_bytes_ = 0;
  Status failure_;  // of the file below, which libarchive does not know
  bool is_short_of_memory_ = false;
  size_t entries_ = 0;
  uint64_t bytes_ = 0;
  std::string name_;  // of the entry, as it stands
  std::optional<uint64_t> expected_bytes_;
};

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
  if (extracted.files == 0) return NoFile();
  extracted.bytes = reader.bytes();
  return extracted;
}

Result<ExtractedArchive> Extract(const fs::path& archive, const fs::path& into, const ArchiveLimits& limits) {
  std::error_code error;
  const fs::file_status there = fs::symlink_status(into, error);
  if (there.type() != fs::file_type::not_found) {
    return AlreadyExists("expected nothing at " + into.string() + ", found something");
  }
  ASSIGN_OR_RETURN(const OpenFile file, OpenFile::Open(archive));
  file.ReadAheadOfUse();
  ASSIGN_OR_RETURN(const LibArchive* library, OpenLibArchive());
  ArchiveReader reader(*library, file, limits);
  RETURN_IF_ERROR(reader.Open());
  const std::string where = "unpacking into " + into.string();
  auto folder = TemporaryFolder::Beside(into);
  if (!folder.ok()) return std::move(folder).status().Within(where);
  ASSIGN_OR_RETURN(ExtractedArchive extracted, ExtractAll(reader, folder->path()));
  RETURN_IF_ERROR(folder->MoveTo(into).Within(where));
  return extracted;
}

Result<std::string> ReadOne(const fs::path& archive, std::string_view name, size_t max_bytes,
                            const ArchiveLimits& limits) {
  ASSIGN_OR_RETURN(const OpenFile file, OpenFile::Open(archive));
  ASSIGN_OR_RETURN(const LibArchive* library, OpenLibArchive());
  ArchiveReader reader(*library, file, limits);
  RETURN_IF_ERROR(reader.Open());
  for (;;) {
    ASSIGN_OR_RETURN(const std::optional<EntryHead> entry, reader.Next());
    if (!entry) return NotFound("expected a file " + Quoted(name) + " in it, found none");
    if (entry->is_folder) continue;
    if (entry->name != name) {
      RETURN_IF_ERROR(reader.SkipContents());
      continue;
    }
    std::string contents;
    RETURN_IF_ERROR(reader.ReadContents([&](std::span<const char> bytes) -> Status {
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
  const Utf8OnThisThread utf8;
  auto extracted = Extract(archive, into, limits);
  if (!extracted.ok()) return std::move(extracted).status().Within("archive " + archive.string());
  return extracted;
}

Result<std::string> ReadFromArchive(const fs::path& archive, std::string_view name, size_t max_bytes,
                                    const ArchiveLimits& limits) {
  const Utf8OnThisThread utf8;
  auto contents = ReadOne(archive, name, max_bytes, limits);
  if (!contents.ok()) return std::move(contents).status().Within("archive " + archive.string());
  return contents;
}

}  // namespace trireme
