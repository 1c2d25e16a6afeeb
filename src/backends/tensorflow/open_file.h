// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "base/status.h"

namespace trireme::tensorflow {

// A file of a SavedModel that is open for reading, and is a file: to open a pipe or a device never waits, and fails. It
// is not mapped: one that is cut short meanwhile is an error, and does not end the process.
//
// Thread-safe. Copies share what is open.
class OpenFile {
 public:
  // kNotFound if there is none, kInvalidArgument if it is no file or may not be read. Messages lack the name.
  static Result<OpenFile> Open(const std::filesystem::path& path);

  uint64_t size() const { return size_; }  // when it was opened

  // Fills `to` with what lies at `offset`.
  Status Read(uint64_t offset, std::span<char> to) const;

  // All of it, if it has no more than `most_bytes`: kTooLarge.
  Result<std::string> ReadAll(uint64_t most_bytes) const;

 private:
  class Descriptor;
  OpenFile(std::shared_ptr<const Descriptor> descriptor, uint64_t size);

  std::shared_ptr<const Descriptor> descriptor_;  // shared by copies
  uint64_t size_;
};

}  // namespace trireme::tensorflow
