// SPDX-License-Identifier: Apache-2.0
#include "cache/response_cache.h"

#include <iterator>
#include <limits>
#include <list>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/mutex.h"

namespace trireme {
namespace {

// A hash with a secret key is as good as random.
struct FirstHalf {
  size_t operator()(const Hash128& key) const { return key[0]; }
};

// At a time, where many leave: nobody waits for all of them.
constexpr size_t kMostRemoved = 256;

}  // namespace

struct ResponseCache::State {
  struct Entry;
  using Entries = std::list<Entry>;
  using OwnOrder = std::list<Entries::iterator>;
  // Answers that have left, to be freed when the mutex is not held.
  using Gone = std::vector<std::shared_ptr<const KeptAnswer>>;

  struct Entry {
    Hash128 key;
    Content* content = nullptr;
    std::shared_ptr<const KeptAnswer> answer;  // shared with those who are just given it
    size_t bytes = 0;
    OwnOrder::iterator own;
  };

  explicit State(size_t most) : max_bytes(most == 0 ? std::numeric_limits<size_t>::max() : most) {}

  void Touch(Entries::iterator entry) REQUIRES(mutex);
  void Remove(Entries::iterator entry, Gone& gone) REQUIRES(mutex);
  void MakeRoom(Content& content, size_t wanted, Gone& gone) REQUIRES(mutex);

  const KeyedHash hash;
  const size_t max_bytes;
  mutable Mutex mutex;
  size_t bytes GUARDED_BY(mutex) = 0;
  uint64_t evictions GUARDED_BY(mutex) = 0;
  Entries entries GUARDED_BY(mutex);  // of all models, the one last asked for first
};

// What a share has, guarded by the mutex of the state but for its bound.
struct ResponseCache::Content {
  explicit Content(size_t most) : max_bytes(most) {}

  const size_t max_bytes;
  size_t bytes = 0;
  std::unordered_map<Hash128, State::Entries::iterator, FirstHalf> table;
  State::OwnOrder order;  // as the state's entries
};

void ResponseCache::State::Touch(Entries::iterator entry) {
  entries.splice(entries.begin(), entries, entry);
  State::OwnOrder& order = entry->content->order;
  order.splice(order.begin(), order, entry->own);
}

void ResponseCache::State::Remove(Entries::iterator entry, Gone& gone) {
  Content& content = *entry->content;
  content.table.erase(entry->key);
  content.order.erase(entry->own);
  content.bytes -= entry->bytes;
  bytes -= entry->bytes;
  gone.push_back(std::move(entry->answer));
  entries.erase(entry);
}

void ResponseCache::State::MakeRoom(Content& content, size_t wanted, Gone& gone) {
  while (content.bytes + wanted > content.max_bytes) {
    Remove(content.order.back(), gone);
    ++evictions;
  }
  while (bytes + wanted > max_bytes) {
    Remove(std::prev(entries.end()), gone);
    ++evictions;
  }
}

ResponseCache::Share::Share(std::shared_ptr<State> state, size_t max_bytes)
    : state_(std::move(state)), content_(std::make_unique<Content>(max_bytes)) {}

ResponseCache::Share::~Share() {
  for (bool is_empty = false; !is_empty;) {
    State::Gone gone;
    const MutexLock lock(state_->mutex);
    while (!content_->order.empty() && gone.size() < kMostRemoved) state_->Remove(content_->order.back(), gone);
    is_empty = content_->order.empty();
  }
}

const KeyedHash& ResponseCache::Share::hash() const {
  return state_->hash;
}

std::shared_ptr<const KeptAnswer> ResponseCache::Share::Find(const Hash128& key) {
  const MutexLock lock(state_->mutex);
  const auto found = content_->table.find(key);
  if (found == content_->table.end()) return nullptr;
  state_->Touch(found->second);
  return found->second->answer;
}

bool ResponseCache::Share::Fits(size_t bytes) const {
  return bytes <= content_->max_bytes && bytes <= state_->max_bytes;
}

void ResponseCache::Share::Put(const Hash128& key, std::shared_ptr<const KeptAnswer> answer, size_t bytes) {
  State::Gone gone;  // outlives the lock
  const MutexLock lock(state_->mutex);
  if (content_->table.contains(key)) return;
  state_->MakeRoom(*content_, bytes, gone);
  state_->entries.push_front(
      {.key = key, .content = content_.get(), .answer = std::move(answer), .bytes = bytes, .own = {}});
  const State::Entries::iterator entry = state_->entries.begin();
  content_->order.push_front(entry);
  entry->own = content_->order.begin();
  content_->table.emplace(key, entry);
  content_->bytes += bytes;
  state_->bytes += bytes;
}

ResponseCache::ResponseCache(size_t max_bytes) : state_(std::make_shared<State>(max_bytes)) {}

ResponseCache::~ResponseCache() = default;

std::shared_ptr<ResponseCache::Share> ResponseCache::Open(size_t max_bytes) {
  return std::make_shared<Share>(state_, max_bytes);
}

ResponseCache::Use ResponseCache::use() const {
  const MutexLock lock(state_->mutex);
  return {.bytes = state_->bytes, .answers = state_->entries.size(), .evictions = state_->evictions};
}

}  // namespace trireme
