// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

#include "base/status.h"

namespace trireme::torch_backend {

// A model's file that is open for reading, and is a file: to open a pipe or a device never waits, and fails. It is not
// mapped: one that is written over meanwhile reads as one that makes no sense, and does not end the process.
//
// Thread-safe. Copies share what is open.
class OpenFile {
 public:
  // kNotFound if there is none, kInvalidArgument if it is no file or may not be read. Messages lack the name.
  static Result<OpenFile> Open(const std::filesystem::path& path);

  uint64_t size() const { return size_; }  // when it was opened

  // Fills `to` with what lies at `offset`.
  Status Read(uint64_t offset, std::span<char> to) const;

 private:
  class Descriptor;
  OpenFile(std::shared_ptr<const Descriptor> descriptor, uint64_t size);

  std::shared_ptr<const Descriptor> descriptor_;  // shared by copies
  uint64_t size_;
};

}  // namespace trireme::torch_backend
