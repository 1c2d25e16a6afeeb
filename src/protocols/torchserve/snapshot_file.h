// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "base/mutex.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "protocols/torchserve/model_book.h"
#include "protocols/torchserve/options.h"
#include "protocols/torchserve/workflow_book.h"

namespace trireme::torchserve {

// What is registered, in a file that TorchServe's --ts-config and ours begin again with. Thread-safe.
class SnapshotFile {
 public:
  // Where the options want it; nowhere: nothing happens.
  explicit SnapshotFile(const Options& options);

  // Writes it anew, whole or not at all. kUnavailable: it cannot be written, or not be read back. Takes time of the
  // disk's.
  Status Save(const ModelBook& book, const WorkflowBook& workflows);

  // Has `save` called on a thread of its own, which may wait for the disk: once for all who ask before it begins, and
  // by the destructor if need be. What it uses must outlive this.
  void SaveSoon(std::function<void()> save);

  bool is_wanted() const { return !path_.empty(); }

 private:
  const std::filesystem::path path_;
  const std::string preamble_;  // what else is needed to begin again
  Mutex mutex_;                 // one writes at a time, and what is newer last
  Mutex due_mutex_;
  bool is_due_ GUARDED_BY(due_mutex_) = false;
  std::optional<ThreadPool> writer_;  // nothing: nobody wants a file. Last: it uses the rest
};

// What has to be said to have the version again.
ModelSettings SettingsOf(const std::string& model, const BookedVersion& booked, bool is_default);

}  // namespace trireme::torchserve
