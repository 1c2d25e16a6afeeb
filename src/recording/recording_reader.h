// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/memory_pool.h"
#include "base/regular_file.h"
#include "base/status.h"
#include "recording/recorded_call.h"

namespace trireme {

// Reads a recording line by line; one is in memory at a time. A line that is damaged, or is cut off, spoils no other.
// Where recordings were appended to one another the times of each go on from where the one before it ended. Not
// thread-safe.
class RecordingReader {
 public:
  // As RegularFile. `pool` outlives it.
  static Result<RecordingReader> Open(const std::filesystem::path& path, MemoryPool& pool);

  struct Line {
    size_t number = 0;  // from 1
    Result<RecordedCall> call;
  };
  // The next request, or what is wrong with the next line; nothing at the end. kUnavailable: the file cannot be read
  // any further.
  Result<std::optional<Line>> Next();

  // A body of 64 MiB and its answer, in Base64, with room to spare.
  static constexpr size_t kMostLineBytes = size_t{256} << 20;

 private:
  RecordingReader(RegularFile file, MemoryPool& pool) : file_(std::move(file)), pool_(&pool) {}

  // The next line without its line feed; nothing at the end. kTooLarge: it is passed over.
  Result<std::optional<std::string>> NextLine();
  Result<bool> Fill();

  RegularFile file_;
  MemoryPool* pool_;
  uint64_t offset_ = 0;  // of what is read next
  std::string chunk_;
  size_t at_ = 0;  // in the chunk
  size_t number_ = 0;
  bool has_end_ = false;  // of the line: its line feed was there
  std::chrono::microseconds base_{0};
  std::chrono::microseconds latest_{0};
};

}  // namespace trireme
