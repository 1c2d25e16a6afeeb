// SPDX-License-Identifier: Apache-2.0
#include "repository/archive_reader.h"

#include <algorithm>
#include <cerrno>
#include <clocale>
#include <cstdio>
#include <new>
#include <string_view>
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

constexpr size_t kShownBytes = 256;  // of a name
constexpr std::string_view kExpectedKind = "expected a zip or a tar.gz, found ";

// Of a tar, which is filled up to whole records: of 10 KB, or what somebody's tape has liked.
constexpr uint64_t kMostPadding = 1 << 20;

constexpr std::string_view kEmptyZip = "PK\x05\x06";

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

class LibArchiveReader final : public ArchiveReader {
 public:
  LibArchiveReader(const LibArchive& library, OpenFile file, const ArchiveLimits& limits)
      : library_(library),
        file_(std::move(file)),
        limits_(limits),
        names_(limits),
        reader_(library.read_new(), FreeReader{.library = &library}) {
    if (reader_ == nullptr) throw std::bad_alloc();
  }

  Status Begin() {
    std::vector<char> beginning(4);
    ASSIGN_OR_RETURN(const size_t had, file_.ReadAt(0, beginning));
    const ArchiveKind kind = KindOfArchive({beginning.data(), had});
    if (kind == ArchiveKind::kNone) {
      return InvalidArgument(std::string(kExpectedKind) + (had == 0 ? "an empty file" : "another kind of file"));
    }
    if (std::string_view(beginning.data(), had) == kEmptyZip) return NoFileInArchive();
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
    if (!is_zip) file_.ReadAheadOfUse();
    if (!is_zip) gunzip_ = std::make_unique<GunzipFile>(file_);
    if (library_.read_open1(reader()) != ARCHIVE_OK) return Broken();
    return {};
  }

  Result<std::optional<EntryHead>> Next() override {
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

  Status ReadContents(const std::function<Status(std::span<const char> bytes)>& take) override {
    uint64_t so_far = 0;
    const uint64_t most = expected_bytes_.value_or(limits_.bytes);
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
      if (so_far > most) return WithinEntry(expected_bytes_ ? WrongSize("more") : TooManyBytes());
      if (Status s = CheckBytes(bytes_); !s.ok()) return WithinEntry(std::move(s));
      if (Status s = take(std::span(static_cast<const char*>(data), bytes)); !s.ok()) return WithinEntry(std::move(s));
    }
    if (expected_bytes_ && *expected_bytes_ != so_far) {
      return WithinEntry(WrongSize(std::to_string(so_far)));
    }
    return {};
  }

  Status SkipContents() override {
    if (SkipsForNothing()) return {};
    return ReadContents([](std::span<const char> /*bytes*/) { return Status(); });
  }

  bool SkipsForNothing() const override { return kind_ == ArchiveKind::kZip; }

  uint64_t bytes() const override { return bytes_; }

 private:
  struct archive* reader() const {
    return reader_.get();
  }

  static la_ssize_t ReadFile(struct archive* /*reader*/, void* self, const void** bytes) {
    return static_cast<LibArchiveReader*>(self)->Give(&LibArchiveReader::ReadNext, bytes);
  }

  static la_ssize_t ReadInflated(struct archive* /*reader*/, void* self, const void** bytes) {
    return static_cast<LibArchiveReader*>(self)->Give(&LibArchiveReader::InflateNext, bytes);
  }

  // Called by libarchive, which is C: nothing is thrown through it.
  la_ssize_t Give(Result<size_t> (LibArchiveReader::*next)(), const void** bytes) noexcept {
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
    auto& me = *static_cast<LibArchiveReader*>(self);
    const auto size = static_cast<la_int64_t>(me.file_.size());
    const la_int64_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? static_cast<la_int64_t>(me.at_) : size;
    la_int64_t to = 0;
    if (__builtin_add_overflow(from, offset, &to) || to < 0 || to > size) return ARCHIVE_FATAL;
    me.at_ = static_cast<uint64_t>(to);
    return to;
  }

  static la_int64_t Skip(struct archive* /*reader*/, void* self, la_int64_t wanted) {
    auto& me = *static_cast<LibArchiveReader*>(self);
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
    // Only to fail before time and disk are spent on what is refused in the end; what comes is counted all the same.
    listed_file_bytes_ += std::min(expected_bytes_.value_or(0), limits_.bytes + 1);
    RETURN_IF_ERROR(CheckBytes(listed_file_bytes_));
    return EntryHead{.name = std::move(name), .is_folder = is_folder, .bytes = expected_bytes_};
  }

  // A tar may end before its gzip does, whose last bytes tell whether all of it is as it was written.
  Result<std::optional<EntryHead>> AtEnd() {
    ThrowIfShortOfMemory();
    if (!failure_.ok()) return failure_;
    uint64_t behind = 0;
    for (size_t had = 1; gunzip_ != nullptr && had > 0; behind += had) {
      if (behind > kMostPadding) {
        return TooLarge("expected at most " + std::to_string(kMostPadding) + " bytes behind its files, found more");
      }
      ASSIGN_OR_RETURN(had, InflateNext());
    }
    if (!file_.IsAsItWas()) return Unavailable("it has changed while it was read");
    return std::optional<EntryHead>();
  }

  Status CheckBytes(uint64_t bytes) const { return bytes > limits_.bytes ? TooManyBytes() : CheckRatio(bytes); }

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

  Status WrongSize(const std::string& found) const {
    return InvalidArgument("expected " + std::to_string(*expected_bytes_) + " bytes, as it says, found " + found);
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
  const Utf8OnThisThread utf8_;
  const OpenFile file_;
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
  uint64_t listed_file_bytes_ = 0;  // of the entries so far, as the archive says
  std::string name_;                // of the entry, as it stands
  std::optional<uint64_t> expected_bytes_;
};

}  // namespace

Result<std::unique_ptr<ArchiveReader>> ArchiveReader::Open(const std::filesystem::path& archive,
                                                           const ArchiveLimits& limits) {
  ASSIGN_OR_RETURN(OpenFile file, OpenFile::Open(archive));
  ASSIGN_OR_RETURN(const LibArchive* library, OpenLibArchive());
  auto reader = std::make_unique<LibArchiveReader>(*library, std::move(file), limits);
  RETURN_IF_ERROR(reader->Begin());
  return std::unique_ptr<ArchiveReader>(std::move(reader));
}

Status NoFileInArchive() {
  return InvalidArgument("expected a file at least, found none");
}

}  // namespace trireme
