// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

#include "base/status.h"

namespace trireme::predict {

// A file that grows at its end, and is asked to be on the disk. Errors name it and what the system says ("No space left
// on device").
class DurableFile {
 public:
  // Opens it, or makes it, for this process alone. kUnavailable: that cannot be done; kAlreadyExists: another process
  // has it.
  static Result<std::unique_ptr<DurableFile>> Open(const std::filesystem::path& path);
  // And cuts it.
  static Result<std::unique_ptr<DurableFile>> Open(const std::filesystem::path& path, uint64_t bytes);
  DurableFile(std::filesystem::path path, int fd) : path_(std::move(path)), fd_(fd) {}
  ~DurableFile();
  DurableFile(const DurableFile&) = delete;
  DurableFile& operator=(const DurableFile&) = delete;

  // Forgets what is behind `bytes`: before anything is appended. kInvalidArgument: it does not have so many.
  Status Cut(uint64_t bytes);
  Status Append(std::string_view bytes);
  // What another file has.
  Status AppendFile(const std::filesystem::path& other);
  // Writes over what is there already.
  Status WriteAt(uint64_t offset, std::string_view bytes);
  Status Sync();

  uint64_t bytes() const { return bytes_; }

 private:
  Status Failed(std::string_view what) const;

  const std::filesystem::path path_;
  const int fd_;
  uint64_t bytes_ = 0;
};

// Asks for a file, or what a folder lists, to be on the disk.
Status SyncPath(const std::filesystem::path& path);

}  // namespace trireme::predict
