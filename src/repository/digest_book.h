// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <filesystem>
#include <map>
#include <string>

#include "base/mutex.h"
#include "base/status.h"
#include "codec/sha256.h"
#include "repository/file_stamp.h"

namespace trireme {

// Digests of files, computed once and remembered for as long as size, times, inode and device of a file stay as they
// are. Thread-safe.
class DigestBook {
 public:
  // Of a file's contents, links followed; takes as long as reading it, if it is not known. Errors are those of
  // DigestOfFile; kCancelled after Stop().
  Result<Digest> DigestOf(const std::filesystem::path& file);

  // Nobody wants a digest any more: those under way end soon.
  void Stop() { stopped_ = true; }

 private:
  struct Known {
    FileStamp stamp;
    Digest digest{};
  };

  std::atomic<bool> stopped_ = false;  // a lone flag
  Mutex mutex_;
  std::map<std::string, Known> known_ GUARDED_BY(mutex_);
};

}  // namespace trireme
