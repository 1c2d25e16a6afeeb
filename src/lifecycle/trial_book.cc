// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/trial_book.h"

namespace trireme {

std::optional<TrialResult> TrialBook::Find(const ModelEntry& entry) const {
  const MutexLock lock(mutex_);
  const auto found = tried_.find(entry.id);
  if (found == tried_.end() || found->second.fingerprint != entry.fingerprint) return std::nullopt;
  return found->second.result;
}

void TrialBook::Note(const ModelEntry& entry, const TrialResult& result) {
  if (entry.fingerprint == 0) return;  // nobody would see that it has changed
  const MutexLock lock(mutex_);
  if (tried_.size() >= kMostVersions && !tried_.contains(entry.id)) tried_.clear();
  tried_[entry.id] = {.fingerprint = entry.fingerprint, .result = result};
}

}  // namespace trireme
