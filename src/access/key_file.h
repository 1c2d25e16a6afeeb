// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>

#include "base/status.h"

namespace trireme {

// A file of keys as it lies on the disk.
struct KeyFile {
  std::string text;
  std::string warning;  // who may read or change it that should not; empty: nobody
};

// kNotFound, or kInvalidArgument where it is too large, no file or cannot be read; with the file's name.
Result<KeyFile> ReadKeyFile(const std::filesystem::path& file);

// The right to change a file of keys, for as long as it lives: of two changes at the same moment the later would undo
// the earlier, and a key that was handed out would open nothing. It locks the folder (flock(2)), because the file
// itself is replaced. Where folders cannot be locked, as on some network file systems, everybody has it.
class KeyFileTurn {
 public:
  // Waits for its turn; kUnavailable if that does not come within `patience`.
  static Result<KeyFileTurn> Take(const std::filesystem::path& file,
                                  std::chrono::milliseconds patience = std::chrono::seconds(10));
  ~KeyFileTurn();
  KeyFileTurn(KeyFileTurn&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  KeyFileTurn(const KeyFileTurn&) = delete;
  KeyFileTurn& operator=(const KeyFileTurn&) = delete;

 private:
  explicit KeyFileTurn(int fd) : fd_(fd) {}

  int fd_;  // of the folder
};

// In the place of what lies there, in one step: whoever reads it meanwhile reads the old one or the new one. A new file
// is for its owner alone; one that is replaced keeps its owner, its group and what these may do, but not what others
// may.
Status WriteKeyFile(const std::filesystem::path& file, const std::string& text);

// The same of a file that is the process's own, at exactly this place: 0600 and its owner's, whatever lay there before,
// and a link that did is replaced.
Status WriteOwnKeyFile(const std::filesystem::path& file, const std::string& text);

}  // namespace trireme
