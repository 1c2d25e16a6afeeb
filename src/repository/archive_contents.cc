// SPDX-License-Identifier: Apache-2.0
#include "repository/archive_contents.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "repository/archive_reader.h"
#include "repository/open_file.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostBytesKnown = size_t{32} << 20;  // by a book

Result<std::string> ReadSmall(ArchiveReader& reader, size_t most_bytes) {
  std::string contents;
  RETURN_IF_ERROR(reader.ReadContents([&](std::span<const char> bytes) -> Status {
    contents.append(bytes.data(), bytes.size());
    return contents.size() <= most_bytes ? Status() : TooLarge("expected a small file, as it says, found a larger one");
  }));
  return contents;
}

Result<ArchiveContents> ReadAll(const fs::path& archive, const SmallFiles& small, const ArchiveLimits& limits) {
  ASSIGN_OR_RETURN(const std::unique_ptr<ArchiveReader> reader, ArchiveReader::Open(archive, limits));
  ArchiveContents contents;
  size_t left = small.bytes_of_all;
  for (;;) {
    ASSIGN_OR_RETURN(std::optional<EntryHead> entry, reader->Next());
    if (!entry) break;
    if (entry->is_folder) continue;
    const size_t most = std::min(small.bytes, left);
    if (entry->bytes && *entry->bytes <= most) {
      ASSIGN_OR_RETURN(std::string bytes, ReadSmall(*reader, most));
      left -= bytes.size();
      contents.small.emplace(entry->name, std::move(bytes));
    } else {
      RETURN_IF_ERROR(reader->SkipContents());
    }
    contents.files.insert(std::move(entry->name));
  }
  if (contents.files.empty()) return NoFileInArchive();
  return contents;
}

size_t BytesOf(const ArchiveContents& contents) {
  constexpr size_t kBesideText = 128;
  size_t bytes = kBesideText;
  for (const std::string& name : contents.files) bytes += name.size() + kBesideText;
  for (const auto& [name, text] : contents.small) bytes += name.size() + text.size() + kBesideText;
  return bytes;
}

// What will be the same when it is asked again.
bool IsOfTheFile(const Status& status) {
  return status.ok() || status.code() == StatusCode::kInvalidArgument || status.code() == StatusCode::kTooLarge;
}

}  // namespace

Result<ArchiveContents> ReadArchiveContents(const fs::path& archive, const SmallFiles& small,
                                            const ArchiveLimits& limits) {
  auto contents = ReadAll(archive, small, limits);
  if (!contents.ok()) return std::move(contents).status().Within("archive " + archive.string());
  return contents;
}

Result<std::shared_ptr<const ArchiveContents>> ArchiveBook::ContentsOf(const fs::path& archive) {
  Result<OpenFile> now = OpenFile::Open(archive);
  if (!now.ok()) return std::move(now).status().Within("archive " + archive.string());
  {
    const MutexLock lock(mutex_);
    const auto known = known_.find(archive.native());
    if (known != known_.end() && known->second.stamp == now->stamp()) return known->second.contents;
  }
  const bool may_change = may_change_(now->stamp());
  Result<ArchiveContents> read = ReadArchiveContents(archive);
  const Contents contents =
      read.ok() ? Contents(std::make_shared<const ArchiveContents>(*std::move(read))) : Contents(read.status());
  if (may_change || !now->IsAsItWas() || !IsOfTheFile(contents.status())) return contents;
  Remember(archive, now->stamp(), contents);
  return contents;
}

void ArchiveBook::Remember(const fs::path& archive, const FileStamp& stamp, const Contents& contents) {
  const size_t bytes = contents.ok() ? BytesOf(**contents) : contents.status().message().size();
  const MutexLock lock(mutex_);
  const auto known = known_.find(archive.native());
  if (known != known_.end()) {
    bytes_ -= known->second.bytes;
    known_.erase(known);
  }
  // Of archives that are gone, for the most part.
  if (bytes_ + bytes > kMostBytesKnown) {
    known_.clear();
    bytes_ = 0;
  }
  known_.emplace(archive.native(), Known{.stamp = stamp, .contents = contents, .bytes = bytes});
  bytes_ += bytes;
}

}  // namespace trireme
