// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "base/mutex.h"
#include "base/status.h"
#include "protocols/torchserve/model_book.h"
#include "protocols/torchserve/options.h"

namespace trireme::torchserve {

// What is registered, in a file that TorchServe's --ts-config and ours begin again with. Thread-safe.
class SnapshotFile {
 public:
  // Where the options want it; nowhere: nothing happens.
  explicit SnapshotFile(const Options& options);

  // Writes it anew, whole or not at all. kUnavailable: it cannot be written. Takes time of the disk's.
  Status Save(const ModelBook& book);

  bool is_wanted() const { return !path_.empty(); }

 private:
  const std::filesystem::path path_;
  const std::string preamble_;  // what else is needed to begin again
  Mutex mutex_;                 // one writes at a time, and what is newer last
};

}  // namespace trireme::torchserve
