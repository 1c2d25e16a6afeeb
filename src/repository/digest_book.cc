// SPDX-License-Identifier: Apache-2.0
#include "repository/digest_book.h"

#include "repository/content_digest.h"
#include "repository/open_file.h"

namespace trireme {
namespace {

constexpr size_t kMostKnown = 100'000;

}  // namespace

Result<Digest> DigestBook::DigestOf(const std::filesystem::path& file) {
  ASSIGN_OR_RETURN(const OpenFile now, OpenFile::Open(file));
  {
    const MutexLock lock(mutex_);
    const auto known = known_.find(file.native());
    if (known != known_.end() && known->second.stamp == now.stamp()) return known->second.digest;
  }
  const bool remember = !MayChangeUnseen(now.stamp());
  // It is loaded next, so what was read had better stay in memory.
  ASSIGN_OR_RETURN(const Digest digest,
                   DigestOfFile(file, now.stamp(), {.stop = [this] { return stopped_.load(); }, .keep_cached = true}));
  if (!remember) return digest;
  const MutexLock lock(mutex_);
  // Of files that are gone, for the most part.
  if (known_.size() >= kMostKnown) known_.clear();
  known_[file.native()] = {.stamp = now.stamp(), .digest = digest};
  return digest;
}

}  // namespace trireme
