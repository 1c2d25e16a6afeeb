// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "base/mutex.h"
#include "base/status.h"
#include "repository/archive.h"
#include "repository/file_stamp.h"

namespace trireme {

// What an archive has in it, found in one pass: the names of its files, and the bytes of the small ones.
struct ArchiveContents {
  std::set<std::string, std::less<>> files;
  std::map<std::string, std::string, std::less<>> small;

  bool Has(std::string_view name) const { return files.contains(name); }
};

// Of small files: what each may have, and all that are kept; the first that come.
struct SmallFiles {
  size_t bytes = size_t{64} << 10;
  size_t bytes_of_all = size_t{1} << 20;
};

// Fails as ExtractArchive does: an archive that is broken anywhere is. Of a zip it reads the list and what is small, of
// a tar.gz all there is. Thread-safe.
Result<ArchiveContents> ReadArchiveContents(const std::filesystem::path& archive, const SmallFiles& small = {},
                                            const ArchiveLimits& limits = {});

// The same of archives that are looked at again and again: each is read once, for as long as device, inode, size and
// times of its file stay as they are. Thread-safe.
class ArchiveBook {
 public:
  // `may_change` says what is too new to be remembered.
  explicit ArchiveBook(bool (*may_change)(const FileStamp& stamp) = MayChangeUnseen) : may_change_(may_change) {}

  // Shared with whoever asks for it later. What is broken is remembered as well.
  Result<std::shared_ptr<const ArchiveContents>> ContentsOf(const std::filesystem::path& archive);

 private:
  using Contents = Result<std::shared_ptr<const ArchiveContents>>;
  struct Known {
    FileStamp stamp;
    Contents contents;
    size_t bytes = 0;
  };

  void Remember(const std::filesystem::path& archive, const FileStamp& stamp, const Contents& contents);

  bool (*const may_change_)(const FileStamp&);
  Mutex mutex_;
  std::map<std::string, Known> known_ GUARDED_BY(mutex_);
  size_t bytes_ GUARDED_BY(mutex_) = 0;
};

}  // namespace trireme
