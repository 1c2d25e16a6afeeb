// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>

#include "base/status.h"
#include "repository/file_stamp.h"

namespace trireme {

// An ordinary file, open for reading. What lies at a path may be another thing from one call to the next, so the type
// is asked of what was opened; and opening a pipe does not wait for somebody who writes.
//
// Messages say what was found, and not where.
class OpenFile {
 public:
  // Links are followed. kNotFound: there is no ordinary file; kUnavailable: it may not be read.
  static Result<OpenFile> Open(const std::filesystem::path& file);
  OpenFile(OpenFile&& other) noexcept;
  OpenFile& operator=(OpenFile&&) = delete;
  ~OpenFile();

  const FileStamp& stamp() const { return stamp_; }  // when it was opened
  size_t size() const { return stamp_.bytes; }       // the same

  // Whether it is as it was when it was opened.
  bool IsAsItWas() const;

  // As many bytes as there are at `offset` and as `to` has room for: fewer at the end only.
  Result<size_t> ReadAt(uint64_t offset, std::span<char> to) const;

  // It will be read from the beginning to the end.
  void ReadAheadOfUse() const;
  // What was read of it there will not be read again soon: others need the memory more.
  void DropFromCache(uint64_t offset, uint64_t bytes) const;

 private:
  explicit OpenFile(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
  FileStamp stamp_;
};

}  // namespace trireme
