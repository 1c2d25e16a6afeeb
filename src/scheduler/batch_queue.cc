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

void BatchQueue::Push(RequestPtr request) {
  bytes_ += request->bytes;
  rows_ += request->rows;
  Waiting waiting{.request = nullptr, .level = LevelOf(*request), .delayed = false, .timeout = kNever};
  const QueuePolicy& policy = PolicyOf(waiting.level);
  const std::chrono::microseconds own = request->queue_timeout;
  if (policy.timeout.count() > 0) {
    const bool is_shorter = policy.allow_timeout_override && own.count() > 0 && own < policy.timeout;
    waiting.timeout = After(request->stages.queued, Bounded(is_shorter ? own : policy.timeout));
  } else if (own.count() > 0) {
    request->deadline = std::min(request->deadline, After(request->stages.received, Bounded(own)));
  }
  waiting.request = std::move(request);
  Insert(std::move(waiting));
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

Taken BatchQueue::TakeIfDue(TimePoint now, bool flush, const std::function<bool(size_t)>& may_take) {
  Taken taken{.batch = {}, .expired = TakeExpired(now)};
  if (waiting_.empty()) return taken;

  Pick pick = PickBatch();
  // Without a delay nobody waits, and a preferred size is still preferred.
  const bool has_waited = rules_.max_delay > Duration(0) && now >= EndOfDelay();
  if (!has_waited && !flush) {
    if (pick.preferred > 0) {
      pick.places.resize(pick.preferred);
    } else if (!pick.full && rules_.max_delay > Duration(0)) {
      return taken;
    }
  }
  if (may_take && !may_take(BytesOf(pick.places))) return taken;
  taken.batch = TakeOut(pick.places);
  return taken;
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
    bytes_ -= waiting_[place].request->bytes;
    rows_ -= waiting_[place].request->rows;
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
TimePoint BatchQueue::EndOfDelay() const {
  TimePoint oldest = waiting_.front().request->stages.queued;
  // One level where nobody is put back is in order of arrival.
  if (GoesBefore(waiting_.front(), waiting_.back()) || waiting_.front().delayed) {
    for (const Waiting& waiting : waiting_) oldest = std::min(oldest, waiting.request->stages.queued);
  }
  return After(oldest, rules_.max_delay);
}

TimePoint BatchQueue::NextDue() const {
  if (waiting_.empty()) return kNever;
  TimePoint due = EndOfDelay();
  for (const Waiting& waiting : waiting_) due = std::min({due, waiting.timeout, waiting.request->deadline});
  return due;
}

std::vector<Expired> BatchQueue::TakeExpired(TimePoint now) {
  std::vector<Expired> expired;
  std::vector<Waiting> delayed;
  for (Waiting& waiting : waiting_) {
    const bool cancelled = waiting.request->cancellation.cancelled();
    const bool late = waiting.request->deadline <= now;
    if (!cancelled && !late && waiting.timeout > now) continue;
    if (!cancelled && !late && PolicyOf(waiting.level).timeout_action == QueuePolicy::TimeoutAction::kDelay) {
      waiting.timeout = kNever;
      waiting.delayed = true;
      delayed.push_back(std::move(waiting));
    } else {
      bytes_ -= waiting.request->bytes;
      rows_ -= waiting.request->rows;
      const Expired::Why why = cancelled ? Expired::Why::kCancelled
                               : late    ? Expired::Why::kDeadline
                                         : Expired::Why::kQueueTimeout;
      expired.push_back({.request = std::move(waiting.request), .why = why});
    }
  }
  if (expired.empty() && delayed.empty()) return expired;
  std::erase_if(waiting_, [](const Waiting& waiting) { return waiting.request == nullptr; });
  for (Waiting& waiting : delayed) Insert(std::move(waiting));
  return expired;
}

BatchQueue::Pick BatchQueue::PickBatch() const {
  Pick pick;
  const InferRequest& first = *waiting_.front().request;
  const auto add = [&](size_t place) {
    pick.places.push_back(place);
    pick.rows += waiting_[place].request->rows;
    if (std::ranges::find(rules_.preferred_rows, pick.rows) != rules_.preferred_rows.end()) {
      pick.preferred = pick.places.size();
    }
  };
  add(0);
  const size_t end = std::min(waiting_.size(), kLookAhead);
  for (size_t place = 1; place < end && pick.rows < rules_.max_rows; ++place) {
    const InferRequest& next = *waiting_[place].request;
    if (!CanShareRun(first, next)) continue;
    if (next.rows > rules_.max_rows - pick.rows) {
      pick.full = true;
    } else {
      add(place);
    }
  }
  pick.full = pick.full || pick.rows >= rules_.max_rows;
  return pick;
}

}  // namespace trireme
