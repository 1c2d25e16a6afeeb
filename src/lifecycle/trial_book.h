// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "base/mutex.h"
#include "lifecycle/trial.h"
#include "model/model_id.h"
#include "repository/scan.h"

namespace trireme {

// What trials told about the versions that were loaded, so that one which comes back from disk, unchanged, need not be
// tried again: whoever waits for it waits for its load alone.
//
// Thread-safe.
class TrialBook {
 public:
  static constexpr size_t kMostVersions = 4096;  // then it begins anew: a trial takes a few runs

  // Nothing: its files or its config are others than those that were tried.
  std::optional<TrialResult> Find(const ModelEntry& entry) const;

  void Note(const ModelEntry& entry, const TrialResult& result);

 private:
  struct Tried {
    uint64_t fingerprint = 0;
    TrialResult result;
  };

  mutable Mutex mutex_;
  std::map<ModelId, Tried> tried_ GUARDED_BY(mutex_);
};

}  // namespace trireme
