// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "base/status.h"

namespace trireme {

// A file that is open for reading, and is one: to open a pipe or a device never waits, and fails. It is not mapped: one
// that is overwritten meanwhile reads as an error, or as a file that makes no sense, and does not end the process.
//
// Thread-safe. Copies share what is open.
class RegularFile {
 public:
  // kNotFound if there is none, kInvalidArgument if it is no file or may not be read, kUnavailable where trying again
  // may help. Messages lack the name.
  static Result<RegularFile> Open(const std::filesystem::path& path);

  uint64_t size() const { return size_; }  // when it was opened

  // Fills `to` with what lies at `offset`.
  Status Read(uint64_t offset, std::span<char> to) const;

  // All that it had when it was opened; kTooLarge if that is more than `most_bytes`.
  Result<std::string> ReadAll(uint64_t most_bytes) const;

 private:
  class Descriptor;
  RegularFile(std::shared_ptr<const Descriptor> descriptor, uint64_t size);

  std::shared_ptr<const Descriptor> descriptor_;  // shared by copies
  uint64_t size_;
};

}  // namespace trireme
