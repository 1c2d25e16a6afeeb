// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/status.h"
#include "repository/archive.h"

namespace trireme {

struct EntryHead {
  std::string name;  // as ArchiveNames gives it; empty: the folder itself
  bool is_folder = false;
  std::optional<uint64_t> bytes = {};  // of a file, as the archive says; one that has more is refused
};

// Walks over the entries of one archive, in its own order, and keeps the limits: by what it says as soon as it says it,
// and by what comes. Made, used and destroyed on one
// thread.
class ArchiveReader {
 public:
  virtual ~ArchiveReader() = default;

  // `limits` outlive it. Messages lack the archive's name.
  static Result<std::unique_ptr<ArchiveReader>> Open(const std::filesystem::path& archive, const ArchiveLimits& limits);

  // The next entry, or nothing at the end.
  virtual Result<std::optional<EntryHead>> Next() = 0;

  // Calls take(bytes) for the contents of the entry that Next() gave, piece by piece.
  virtual Status ReadContents(const std::function<Status(std::span<const char> bytes)>& take) = 0;

  // Passes over it.
  virtual Status SkipContents() = 0;
  // Of a zip, which says where the next one is.
  virtual bool SkipsForNothing() const = 0;

  virtual uint64_t bytes() const = 0;  // of the contents that were read so far
};

// That an archive without files is none.
Status NoFileInArchive();

}  // namespace trireme
