// SPDX-License-Identifier: Apache-2.0
#include "scheduler/batch_queue.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace trireme {
namespace {

// How far behind the first a batch looks for company. Bounds the work that is done under the line's lock.
constexpr size_t kLookAhead = 64;

bool SameButRows(const Tensor& a, const Tensor& b) {
  if (a.type != b.type || a.shape.rank() != b.shape.rank()) return false;
  return a.shape.rank() == 0 || std::equal(a.shape.begin() + 1, a.shape.end(), b.shape.begin() + 1);
}

// Somebody may name any number of microseconds: more than the clock can count is for ever.
Duration Bounded(std::chrono::microseconds time) {
  return time < std::chrono::duration_cast<std::chrono::microseconds>(Duration::max()) ? time : Duration::max();
}

TimePoint After(TimePoint from, Duration time) {
  return time < kNever - from ? from + time : kNever;
}

}  // namespace

BatchRules RulesOf(const ModelConfig& config) {
  BatchRules rules{.max_rows = config.max_rows,
                   .max_delay = Bounded(config.max_delay),
                   .max_waiting_requests = config.max_waiting_requests,
                   .max_waiting_bytes = config.max_waiting_bytes,
                   .preferred_rows = config.preferred_rows,
                   .preserve_ordering = config.preserve_ordering,
                   .priority_levels = config.priority_levels,
                   .default_priority = config.default_priority,
                   .queue_policy = config.queue_policy,
                   .level_policies = config.level_policies};
  if (!config.decoupled) return rules;
  // Each request has a run of its own, so there is no company to wait for.
  rules.max_rows = 1;
  rules.max_delay = Duration(0);
  rules.preferred_rows.clear();
  return rules;
}

bool CanShareRun(const InferRequest& a, const InferRequest& b) {
  return a.inputs.size() == b.inputs.size() &&
         std::equal(a.inputs.begin(), a.inputs.end(), b.inputs.begin(),
                    [](const NamedTensor& x, const NamedTensor& y) { return SameButRows(x.tensor, y.tensor); });
}

BatchQueue::Bound BatchQueue::BrokenBy(const InferRequest& request) const {
  if (waiting_.size() >= rules_.max_waiting_requests) return Bound::kRequests;
  // One that is larger than the whole bound still runs when nothing else waits.
  if (waiting_.empty()) return Bound::kNone;
  const size_t most = rules_.max_waiting_bytes;
  if (bytes_ > most || request.bytes > most - bytes_) return Bound::kBytes;
  const uint32_t level = LevelOf(request);
  const size_t most_of_level = PolicyOf(level).max_waiting_requests;
  return most_of_level > 0 && WaitingIn(level) >= most_of_level ? Bound::kLevel : Bound::kNone;
}

uint32_t BatchQueue::LevelOf(const InferRequest& request) const {
  if (rules_.priority_levels == 0) return 0;
  if (request.priority == 0 || request.priority > rules_.priority_levels) return rules_.default_priority;
  return static_cast<uint32_t>(request.priority);
}

const QueuePolicy& BatchQueue::PolicyOf(uint32_t level) const {
  if (rules_.level_policies.empty()) return rules_.queue_policy;
  const auto own = rules_.level_policies.find(level);
  return own == rules_.level_policies.end() ? rules_.queue_policy : own->second;
}

size_t BatchQueue::WaitingIn(uint32_t level) const {
  if (rules_.priority_levels == 0) return waiting_.size();
  const auto begin = std::ranges::lower_bound(waiting_, level, {}, &Waiting::level);
  const auto end = std::ranges::upper_bound(waiting_, level, {}, &Waiting::level);
  return static_cast<size_t>(end - begin);
}

TimePoint BatchQueue::DeadlineOf(const InferRequest& request) const {
  const std::chrono::microseconds own = request.queue_timeout;
  if (own.count() <= 0 || PolicyOf(LevelOf(request)).timeout.count() > 0) return request.deadline;
  return std::min(request.deadline, After(request.stages.received, Bounded(own)));
}

void BatchQueue::Push(RequestPtr request, Duration goal, Duration run) {
  bytes_ += request->bytes;
  rows_ += request->rows;
  work_ += run;
  Waiting waiting{.request = nullptr, .level = LevelOf(*request), .run = run};
  const QueuePolicy& policy = PolicyOf(waiting.level);
  request->deadline = DeadlineOf(*request);
  if (policy.timeout.count() > 0) {
    const std::chrono::microseconds own = request->queue_timeout;
    const bool is_shorter = policy.allow_timeout_override && own.count() > 0 && own < policy.timeout;
    waiting.timeout = After(request->stages.queued, Bounded(is_shorter ? own : policy.timeout));
  }
  if (goal > Duration(0)) {
    waiting.goal = After(request->stages.received, goal);
    waiting.given_up = After(waiting.goal, goal);
  }
  waiting.request = std::move(request);
  Insert(std::move(waiting));
}

int64_t BatchQueue::RowsBefore(const InferRequest& request) const {
  if (rules_.priority_levels == 0) return rows_ - delayed_rows_;
  const uint32_t level = LevelOf(request);
  int64_t rows = 0;
  for (const Waiting& waiting : waiting_) {
    if (waiting.level > level) break;
    if (waiting.level < level || !waiting.delayed) rows += waiting.request->rows;
  }
  return rows;
}

bool BatchQueue::GoesBefore(const Waiting& a, const Waiting& b) {
  return a.level != b.level ? a.level < b.level : a.delayed < b.delayed;
}

void BatchQueue::Insert(Waiting&& waiting) {
  if (waiting_.empty() || !GoesBefore(waiting, waiting_.back())) {
    waiting_.push_back(std::move(waiting));
  } else {
    const auto place = std::ranges::upper_bound(waiting_, waiting, GoesBefore);
    waiting_.insert(place, std::move(waiting));
  }
}

void BatchQueue::CountOut(const Waiting& waiting) {
  bytes_ -= waiting.request->bytes;
  rows_ -= waiting.request->rows;
  work_ -= waiting.run;
  if (waiting.delayed) delayed_rows_ -= waiting.request->rows;
}

Taken BatchQueue::TakeIfDue(TimePoint now, const TakeOptions& options) {
  // Whose delay has ended must not wait again because he is put back.
  const bool ended = HasWaited(now, options.run);
  Taken taken{.batch = {}, .expired = TakeExpired(now, options)};
  if (waiting_.empty()) return taken;

  Pick pick = PickBatch(now, options);
  // Without a delay nobody waits, and a preferred size is still preferred.
  const bool has_waited = ended || HasWaited(now, options.run);
  if (!has_waited && !options.flush) {
    if (pick.preferred > 0) {
      pick.places.resize(pick.preferred);
    } else if (!pick.full && rules_.max_delay > Duration(0)) {
      return taken;
    }
  }
  if (options.may_take && !options.may_take(pick.rows, BytesOf(pick.places))) return taken;
  taken.batch = TakeOut(pick.places);
  return taken;
}

bool BatchQueue::IsDue(TimePoint now, bool flush, Duration run, int64_t most_rows) const {
  if (waiting_.empty()) return false;
  const int64_t full = most_rows > 0 ? std::min(most_rows, rules_.max_rows) : rules_.max_rows;
  return flush || rules_.max_delay == Duration(0) || rows_ >= full || !rules_.preferred_rows.empty() ||
         now >= NextDue(run);
}

bool BatchQueue::HasWaited(TimePoint now, Duration run) const {
  return !waiting_.empty() && rules_.max_delay > Duration(0) && now >= EndOfDelay(run);
}

size_t BatchQueue::BytesOf(const std::vector<size_t>& places) const {
  size_t bytes = 0;
  for (const size_t place : places) bytes += waiting_[place].request->bytes;
  return bytes;
}

std::vector<RequestPtr> BatchQueue::TakeOut(const std::vector<size_t>& places) {
  std::vector<RequestPtr> requests;
  requests.reserve(places.size());
  for (const size_t place : places) {
    CountOut(waiting_[place]);
    requests.push_back(std::move(waiting_[place].request));
  }
  // What was moved out is null. Nearly always it is the front of the line.
  while (!waiting_.empty() && waiting_.front().request == nullptr) waiting_.pop_front();
  if (places.back() >= places.size()) {
    std::erase_if(waiting_, [](const Waiting& waiting) { return waiting.request == nullptr; });
  }
  return requests;
}

// When the batch at the front goes whatever its size: somebody has then waited for as long as anybody may. That is not
// always the front itself, and one who waits further behind gets there no sooner by waiting for the front's company.
// Company is no reason to be late either.
TimePoint BatchQueue::EndOfDelay(Duration run) const {
  TimePoint oldest = waiting_.front().request->stages.queued;
  TimePoint soonest_due = kNever;
  for (const Waiting& waiting : waiting_) {
    oldest = std::min(oldest, waiting.request->stages.queued);
    soonest_due = std::min(soonest_due, waiting.due());
  }
  const TimePoint end = After(oldest, rules_.max_delay);
  return soonest_due == kNever ? end : std::min(end, soonest_due - run);
}

TimePoint BatchQueue::NextDue(Duration run) const {
  return waiting_.empty() ? kNever : std::min(EndOfDelay(run), NextExpiry());
}

TimePoint BatchQueue::NextExpiry() const {
  TimePoint next = kNever;
  for (const Waiting& waiting : waiting_) {
    next = std::min({next, waiting.timeout, waiting.request->deadline});
    if (waiting.delayed) next = std::min(next, waiting.given_up);
  }
  return next;
}

class BatchQueue::OwnRun {
 public:
  explicit OwnRun(const TakeOptions& options) : times_(options.times), arrangement_(options.arrangement) {}

  Duration Of(const InferRequest& request) {
    if (times_ == nullptr) return Duration(0);
    if (request.rows == rows_ && request.bytes == bytes_) return run_;
    rows_ = request.rows;
    bytes_ = request.bytes;
    const auto expected = times_->Expected({.rows = rows_, .bytes = bytes_, .arrangement = arrangement_});
    run_ = expected ? expected->typical : Duration(0);
    return run_;
  }

 private:
  const RunTimes* const times_;
  const Arrangement arrangement_;
  int64_t rows_ = -1;
  size_t bytes_ = 0;
  Duration run_{0};
};

// How long the next batch takes if it is as large as it may be. Who is too late for that is late: a smaller batch for
// his sake would make all those late that come after him.
Duration BatchQueue::NextBatchRun(const TakeOptions& options) const {
  if (options.times == nullptr || waiting_.empty()) return Duration(0);
  return RunOf(std::clamp<int64_t>(rows_ - delayed_rows_, 1, std::max<int64_t>(MostRows(options), 1)), options).most;
}

// Nothing: it may be run, now or later.
std::optional<Expired::Why> BatchQueue::WhyNotRun(const Waiting& waiting, TimePoint now, Duration own_run) const {
  const InferRequest& request = *waiting.request;
  if (request.cancellation.cancelled()) return Expired::Why::kCancelled;
  if (request.deadline <= now) return Expired::Why::kDeadline;
  if (request.deadline - now < own_run) return Expired::Why::kTooLate;
  if (waiting.delayed && now >= waiting.given_up) return Expired::Why::kGoal;
  return std::nullopt;
}

// If all who wait are going to miss the goal, as far as it is known how long runs take: who has the most time left.
// Without a run what is known would never change. Null: somebody can keep to it.
const BatchQueue::Waiting* BatchQueue::LeastLate(TimePoint now, Duration batch_run) const {
  const Waiting* least = nullptr;
  for (const Waiting& waiting : waiting_) {
    if (waiting.goal >= After(now, batch_run)) return nullptr;
    if (least == nullptr || waiting.goal > least->goal) least = &waiting;
  }
  return least;
}

std::vector<Expired> BatchQueue::TakeExpired(TimePoint now, const TakeOptions& options) {
  std::vector<Expired> expired;
  std::vector<Waiting> delayed;
  OwnRun own_run(options);
  const Duration batch_run = NextBatchRun(options);
  const Waiting* const spared = options.give_up_late && options.spare_one ? LeastLate(now, batch_run) : nullptr;
  const auto delay = [&](Waiting& waiting) {
    waiting.delayed = true;
    delayed_rows_ += waiting.request->rows;
    delayed.push_back(std::move(waiting));
  };
  for (Waiting& waiting : waiting_) {
    const Duration run = own_run.Of(*waiting.request);
    std::optional<Expired::Why> why = WhyNotRun(waiting, now, run);
    const bool timed_out = waiting.timeout <= now;
    const bool misses_goal = &waiting != spared && waiting.goal < After(now, std::max(run, batch_run));
    if (!why && misses_goal && options.give_up_late) why = Expired::Why::kGoal;
    if (!why && timed_out && PolicyOf(waiting.level).timeout_action == QueuePolicy::TimeoutAction::kReject) {
      why = Expired::Why::kQueueTimeout;
    }
    if (why) {
      CountOut(waiting);
      expired.push_back({.request = std::move(waiting.request), .why = *why});
    } else if (timed_out) {
      waiting.timeout = kNever;
      if (!waiting.delayed) delay(waiting);
    } else if (!waiting.delayed && misses_goal) {
      delay(waiting);
    }
  }
  if (expired.empty() && delayed.empty()) return expired;
  std::erase_if(waiting_, [](const Waiting& waiting) { return waiting.request == nullptr; });
  for (Waiting& waiting : delayed) Insert(std::move(waiting));
  return expired;
}

BatchQueue::Pick BatchQueue::PickBatch(TimePoint now, const TakeOptions& options) const {
  Pick pick;
  const InferRequest& first = *waiting_.front().request;
  const int64_t most_rows = MostRows(options);
  const auto add = [&](size_t place) {
    pick.places.push_back(place);
    pick.rows += waiting_[place].request->rows;
    if (std::ranges::find(rules_.preferred_rows, pick.rows) != rules_.preferred_rows.end()) {
      pick.preferred = pick.places.size();
    }
  };
  add(0);
  const size_t end = std::min(waiting_.size(), kLookAhead);
  for (size_t place = 1; place < end && pick.rows < most_rows; ++place) {
    const InferRequest& next = *waiting_[place].request;
    if (!CanShareRun(first, next)) continue;
    if (next.rows > most_rows - pick.rows) {
      pick.full = true;
    } else {
      add(place);
    }
  }
  pick.full = pick.full || pick.rows >= most_rows;
  if (options.times != nullptr && pick.places.size() > 1) KeepInTime(pick, now, options);
  return pick;
}

// Leaves out as many of the last ones as it takes for the others to be in time. Fewer rows are done sooner, and are due
// no sooner.
void BatchQueue::KeepInTime(Pick& pick, TimePoint now, const TakeOptions& options) const {
  const auto is_in_time = [&](size_t count) {
    TimePoint due = kNever;
    int64_t rows = 0;
    for (size_t i = 0; i < count; ++i) {
      due = std::min(due, waiting_[pick.places[i]].due());
      rows += waiting_[pick.places[i]].request->rows;
    }
    return due == kNever || After(now, RunOf(rows, options).most) <= due;
  };
  if (is_in_time(pick.places.size())) return;
  size_t fits = 1;
  for (size_t fails = pick.places.size(); fails - fits > 1;) {
    const size_t middle = fits + (fails - fits) / 2;
    (is_in_time(middle) ? fits : fails) = middle;
  }
  while (pick.places.size() > fits) {
    pick.rows -= waiting_[pick.places.back()].request->rows;
    pick.places.pop_back();
  }
  pick.preferred = std::min(pick.preferred, fits);
  pick.full = true;
}

int64_t BatchQueue::MostRows(const TakeOptions& options) const {
  return options.most_rows > 0 ? std::min(options.most_rows, rules_.max_rows) : rules_.max_rows;
}

// Of a batch with the first one's size of rows; 0: not known.
RunTimes::Estimate BatchQueue::RunOf(int64_t rows, const TakeOptions& options) const {
  const InferRequest& first = *waiting_.front().request;
  const size_t row_bytes = first.bytes / static_cast<size_t>(std::max<int64_t>(first.rows, 1));
  const size_t bytes = row_bytes * static_cast<size_t>(rows);
  return options.times->Expected({.rows = rows, .bytes = bytes, .arrangement = options.arrangement})
      .value_or(RunTimes::Estimate());
}

}  // namespace trireme
