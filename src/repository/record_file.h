// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/status.h"
#include "repository/open_file.h"

namespace trireme {

// A file of records as TensorFlow writes them (TFRecord, https://www.tensorflow.org/tutorials/load_data/tfrecord): each
// is its length in 8 bytes, the masked CRC-32C of these, the bytes, and their masked CRC-32C; little-endian. One record
// is in memory at a time.
class RecordFile {
 public:
  // As OpenFile.
  static Result<RecordFile> Open(const std::filesystem::path& file);

  // The next one, nothing at the end. kInvalidArgument: it is cut off, or is not what its checksums are of; kTooLarge:
  // it has more than `max_bytes`, for which no memory is taken. The message names the record by its number from 0.
  Result<std::optional<std::string>> Next(size_t max_bytes);

  size_t count() const { return count_; }  // of those that were read

 private:
  explicit RecordFile(OpenFile file) : file_(std::move(file)) {}

  Status Wrong(const std::string& found) const;
  // So many bytes from here on, and the checksum behind them.
  Result<std::string> TakeChecked(size_t bytes, const std::string& what);

  OpenFile file_;
  uint64_t at_ = 0;
  size_t count_ = 0;
};

}  // namespace trireme
