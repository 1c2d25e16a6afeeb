// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "model/infer_request.h"

namespace trireme {

struct BatchRules {
  int64_t max_rows = 1;   // of a batch; 1: requests run alone
  Duration max_delay{0};  // how long the oldest may wait for company
  size_t max_waiting_requests = 1024;
  size_t max_waiting_bytes = size_t{1} << 30;
};

using RequestPtr = std::unique_ptr<InferRequest>;

// What comes off the line at one time.
struct Taken {
  std::vector<RequestPtr> batch;    // to be run together; empty: nothing is due
  std::vector<RequestPtr> expired;  // to be answered without a run: past the deadline, or cancelled
};

// The requests that wait for one model version, in order of arrival, and the decision which of them run next.
//
// A batch begins with the oldest and takes those behind it that can share its run: the same inputs, with the same type
// and the same shape but for the rows. Others keep their place. A request with more rows than a batch may have runs
// alone. Only decides: time is an argument, there are no threads here. Not thread-safe.
class BatchQueue {
 public:
  explicit BatchQueue(BatchRules rules) : rules_(rules) {}

  // Whether a request of so many bytes still finds room.
  bool HasRoomFor(size_t bytes) const;

  // `request->stages.queued` and `bytes` are set. The caller asked for room.
  void Push(RequestPtr request);

  // Takes a batch if one is due: it is full, or its oldest has waited long enough. With `flush` whatever waits is due.
  Taken TakeIfDue(TimePoint now, bool flush = false);

  // When something will be due if nothing more arrives; kNever if nothing waits.
  TimePoint NextDue() const;

  bool empty() const { return waiting_.empty(); }
  size_t size() const { return waiting_.size(); }
  size_t bytes() const { return bytes_; }
  const BatchRules& rules() const { return rules_; }

 private:
  std::vector<RequestPtr> TakeExpired(TimePoint now);
  std::vector<size_t> PickBatch(int64_t& rows) const;

  const BatchRules rules_;
  std::deque<RequestPtr> waiting_;
  size_t bytes_ = 0;
};

// Whether two requests to a batching model can share a run.
bool CanShareRun(const InferRequest& a, const InferRequest& b);

}  // namespace trireme
