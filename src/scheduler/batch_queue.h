// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "model/infer_request.h"
#include "model/model_config.h"
#include "scheduler/run_times.h"

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
    kTooLate,       // so little is left until its deadline that no run would be in time
    kGoal,          // it is going to miss the model's goal, and the processors are needed for those that are not
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
// With a goal, one that is going to miss it is given up while others had to be refused, but perhaps for the last of
// those who wait if all of them are; else it goes behind all of its level that can still keep to it, and is given up
// once it has waited for twice the goal's time.
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

  // When the request's time is over by all that it says: its deadline, or the time-out that it brings, where no policy
  // of the line makes that one of waiting alone. `received` is set.
  TimePoint DeadlineOf(const InferRequest& request) const;

  // `request->stages.received`, `queued` and `bytes` are set. The caller asked for room. `goal`: within which it wants
  // to be answered, from its last byte; 0: there is none. `run`: how long one takes that it has for itself; 0: nobody
  // knows.
  void Push(RequestPtr request, Duration goal = Duration(0), Duration run = Duration(0));

  struct TakeOptions {
    bool flush = false;     // whatever waits is due
    Duration run{0};        // as IsDue()
    int64_t most_rows = 0;  // of a batch, below its rules; 0: as those say
    // How long runs take in this arrangement, if it is known: then a batch has no more rows than let its most urgent
    // request be in time, and what cannot be in time any more is not run.
    const RunTimes* times = nullptr;
    Arrangement arrangement = Arrangement::kNarrow;
    bool give_up_late = false;  // who is going to miss the goal is given up at once, as others need the processors
    bool spare_one = true;      // but for one of them, if all are
    // A batch that it says no to stays; null: none does.
    std::function<bool(int64_t rows, size_t bytes)> may_take = nullptr;
  };

  // Takes a batch if one is due: it has a preferred size, it is full, or somebody has waited for long enough. A batch
  // that is due only for its size has the largest preferred size that can be had, if any. What is past its time is
  // taken out in any case.
  Taken TakeIfDue(TimePoint now, const TakeOptions& options);
  Taken TakeIfDue(TimePoint now) { return TakeIfDue(now, TakeOptions()); }

  // Those alone that are past their time.
  std::vector<Expired> TakeExpired(TimePoint now) { return TakeExpired(now, TakeOptions()); }

  // When the next one will be; kNever: none has such a time.
  TimePoint NextExpiry() const;

  // Whether TakeIfDue() would, as far as can be told without looking at all who wait: it may take nothing after all.
  // `run`: how long the batch will take; nobody is made to wait for company for so long that he would be late for it.
  // `most_rows`: of a batch, below its rules; 0: as those say.
  bool IsDue(TimePoint now, bool flush, Duration run = Duration(0), int64_t most_rows = 0) const;

  // When something will be due if nothing more arrives, be it a batch or a request whose time runs out; kNever if
  // nothing waits.
  TimePoint NextDue(Duration run = Duration(0)) const;

  // When a batch will be; somebody waits.
  TimePoint EndOfDelay(Duration run) const;

  bool empty() const { return waiting_.empty(); }
  size_t size() const { return waiting_.size(); }
  size_t bytes() const { return bytes_; }
  int64_t rows() const { return rows_; }
  const InferRequest& front() const { return *waiting_.front().request; }

  // Of a run of one request, over all that wait; 0: none does, or nobody knows.
  Duration mean_run() const { return waiting_.empty() ? Duration(0) : work_ / static_cast<int64_t>(waiting_.size()); }

  const BatchRules& rules() const { return rules_; }

  // The level that a request belongs to: 0 if there are none.
  uint32_t LevelOf(const InferRequest& request) const;
  const QueuePolicy& PolicyOf(uint32_t level) const;
  size_t WaitingIn(uint32_t level) const;

  // That would run before this request.
  int64_t RowsBefore(const InferRequest& request) const;

 private:
  // A place in the line. They are in order of `level` and `delayed`, then of arrival.
  struct Waiting {
    RequestPtr request;
    uint32_t level = 0;
    bool delayed = false;         // put back by its policy
    TimePoint timeout = kNever;   // when its policy acts
    TimePoint goal = kNever;      // when it will have missed the model's goal
    TimePoint given_up = kNever;  // having missed it by so much
    Duration run{0};              // that it has for itself

    // When it is late, whoever says so.
    TimePoint due() const { return delayed ? request->deadline : std::min(request->deadline, goal); }
  };

  // How long a run of one request takes: looked up once for all that are alike.
  class OwnRun;

  struct Pick {
    std::vector<size_t> places;
    int64_t rows = 0;
    bool full = false;     // nothing more fits
    size_t preferred = 0;  // so many of them make the largest preferred size
  };

  static bool GoesBefore(const Waiting& a, const Waiting& b);
  void Insert(Waiting&& waiting);
  void CountOut(const Waiting& waiting);
  std::vector<Expired> TakeExpired(TimePoint now, const TakeOptions& options);
  Duration NextBatchRun(const TakeOptions& options) const;
  bool HasWaited(TimePoint now, Duration run) const;
  const Waiting* LeastLate(TimePoint now, Duration batch_run) const;
  std::optional<Expired::Why> WhyNotRun(const Waiting& waiting, TimePoint now, Duration own_run) const;
  Pick PickBatch(TimePoint now, const TakeOptions& options) const;
  void KeepInTime(Pick& pick, TimePoint now, const TakeOptions& options) const;
  int64_t MostRows(const TakeOptions& options) const;
  RunTimes::Estimate RunOf(int64_t rows, const TakeOptions& options) const;
  size_t BytesOf(const std::vector<size_t>& places) const;
  std::vector<RequestPtr> TakeOut(const std::vector<size_t>& places);

  const BatchRules rules_;
  std::deque<Waiting> waiting_;
  size_t bytes_ = 0;
  int64_t rows_ = 0;
  int64_t delayed_rows_ = 0;
  Duration work_{0};  // of runs of one request each
};

// Whether two requests to a batching model can share a run.
bool CanShareRun(const InferRequest& a, const InferRequest& b);

}  // namespace trireme
