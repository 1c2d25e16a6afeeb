// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>

#include <cstdint>

namespace trireme {

// What tells that a file is still the one it was, without reading it. The time of change counts beside that of
// modification: the latter can be set back, the former cannot.
struct FileStamp {
  uint64_t device = 0;
  uint64_t inode = 0;
  uint64_t bytes = 0;
  int64_t modified_ns = 0;
  int64_t changed_ns = 0;

  bool operator==(const FileStamp&) const = default;
};

FileStamp StampOf(const struct stat& found);

// One that has changed in this moment may change once more without looking another one: file systems' clocks tick in
// milliseconds.
bool MayChangeUnseen(const FileStamp& stamp);

}  // namespace trireme
