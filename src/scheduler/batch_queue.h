// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "model/infer_request.h"
#include "model/model_config.h"

namespace trireme {

// What a model's config says of its line (model/model_config.h). The defaults ask for nothing that costs anything.
struct BatchRules {
  int64_t max_rows = 1;   // of a batch; 1: requests run alone
  Duration max_delay{0};  // how long the oldest may wait for company
  size_t max_waiting_requests = 1024;
  size_t max_waiting_bytes = size_t{1} << 30;
  std::vector<int64_t> preferred_rows = {};  // batches of exactly so many rows go at once; none: only a full one does
  bool preserve_ordering = false;            // of answers: the line sees to it, not the queue
  uint32_t priority_levels = 0;
  uint32_t default_priority = 0;
  QueuePolicy queue_policy = {};
  std::map<uint32_t, QueuePolicy> level_policies = {};
};

BatchRules RulesOf(const ModelConfig& config);

using RequestPtr = std::unique_ptr<InferRequest>;

// A request that is to be answered without a run, and why.
struct Expired {
  enum class Why : uint8_t {
    kCancelled,     // its client has gone
    kDeadline,      // it is past its own deadline, or has waited for as long as it said it would
    kQueueTimeout,  // it has waited for as long as the queue policy allows
  };
  RequestPtr request;
  Why why;
};

// What comes off the line at one time.
struct Taken {
  std::vector<RequestPtr> batch;  // to be run together; empty: nothing is due
  std::vector<Expired> expired;

  size_t size() const { return batch.size() + expired.size(); }
  bool empty() const { return size() == 0; }
};

// The requests that wait for one model version, in the order in which they run: by priority level, the most urgent
// first; in a level those that its policy has put back behind all others; and else by arrival. Decides which of them
// run next.
//
// A batch begins with the first and takes those behind it that can share its run: the same inputs, with the same type
// and the same shape but for the rows. Others keep their place. A request with more rows than a batch may have runs
// alone. Only decides: time is an argument, there are no threads here. Not thread-safe.
class BatchQueue {
 public:
  explicit BatchQueue(BatchRules rules) : rules_(std::move(rules)) {}

  // The bound that this request would break.
  enum class Bound : uint8_t { kNone, kRequests, kBytes, kLevel };
  Bound BrokenBy(const InferRequest& request) const;

  // `request->stages.received`, `queued` and `bytes` are set. The caller asked for room.
  void Push(RequestPtr request);

  // Takes a batch if one is due: it has a preferred size, it is full, or somebody has waited for long enough. A batch
  // that is due only for its size has the largest preferred size that can be had, if any. With `flush` whatever waits
  // is due. A batch of so many bytes that `may_take`, if given, says no, stays. What is past its time is taken out in
  // any case.
  Taken TakeIfDue(TimePoint now, bool flush = false, const std::function<bool(size_t bytes)>& may_take = nullptr);

  // When something will be due if nothing more arrives, be it a batch or a request whose time runs out; kNever if
  // nothing waits.
  TimePoint NextDue() const;

  bool empty() const { return waiting_.empty(); }
  size_t size() const { return waiting_.size(); }
  size_t bytes() const { return bytes_; }
  int64_t rows() const { return rows_; }
  const BatchRules& rules() const { return rules_; }

  // The level that a request belongs to: 0 if there are none.
  uint32_t LevelOf(const InferRequest& request) const;
  const QueuePolicy& PolicyOf(uint32_t level) const;
  size_t WaitingIn(uint32_t level) const;

 private:
  // A place in the line. They are in order of `level` and `delayed`, then of arrival.
  struct Waiting {
    RequestPtr request;
    uint32_t level = 0;
    bool delayed = false;        // put back by its policy
    TimePoint timeout = kNever;  // when its policy acts
  };

  struct Pick {
    std::vector<size_t> places;
    int64_t rows = 0;
    bool full = false;     // nothing more fits
    size_t preferred = 0;  // so many of them make the largest preferred size
  };

  static bool GoesBefore(const Waiting& a, const Waiting& b);
  void Insert(Waiting&& waiting);
  std::vector<Expired> TakeExpired(TimePoint now);
  Pick PickBatch() const;
  TimePoint EndOfDelay() const;
  size_t BytesOf(const std::vector<size_t>& places) const;
  std::vector<RequestPtr> TakeOut(const std::vector<size_t>& places);

  const BatchRules rules_;
  std::deque<Waiting> waiting_;
  size_t bytes_ = 0;
  int64_t rows_ = 0;
};

// Whether two requests to a batching model can share a run.
bool CanShareRun(const InferRequest& a, const InferRequest& b);

}  // namespace trireme
