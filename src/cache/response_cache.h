// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "cache/kept_answer.h"
#include "codec/keyed_hash.h"

namespace trireme {

// Answers that all models of a server keep for requests that come again, in bounded memory: each model's own bound, and
// one of all. Who needs room takes the place of the answers that nobody has asked for in the longest time: of its own
// model within that bound, of any model within the other.
//
// A mutex is held for as long as a few pointers take to change; nothing is copied or freed under it. Thread-safe.
class ResponseCache {
  struct State;
  struct Content;

 public:
  // One loaded model's share. Its answers go when it goes.
  class Share {
   public:
    Share(std::shared_ptr<State> state, size_t max_bytes);
    ~Share();
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

    const KeyedHash& hash() const;

    // Null: there is none.
    std::shared_ptr<const KeptAnswer> Find(const Hash128& key);

    // Whether an answer of this size is ever kept.
    bool Fits(size_t bytes) const;
    // Keeps one that fits, unless there is one already.
    void Put(const Hash128& key, std::shared_ptr<const KeptAnswer> answer, size_t bytes);

   private:
    const std::shared_ptr<State> state_;  // shared with the cache and its other shares
    const std::unique_ptr<Content> content_;
  };

  // `max_bytes`: of all models together; 0: each one's own bound alone.
  explicit ResponseCache(size_t max_bytes = 0);
  ~ResponseCache();
  ResponseCache(const ResponseCache&) = delete;
  ResponseCache& operator=(const ResponseCache&) = delete;

  // For a model that is about to serve, which keeps so many bytes of answers at most. May outlive the cache: shared by
  // the model and by its answers on their way.
  std::shared_ptr<Share> Open(size_t max_bytes);

  struct Use {
    uint64_t bytes = 0;
    uint64_t answers = 0;
    uint64_t evictions = 0;  // answers that made room for others, so far
  };
  Use use() const;

 private:
  const std::shared_ptr<State> state_;  // shared with the shares
};

}  // namespace trireme
