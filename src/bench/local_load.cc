// SPDX-License-Identifier: Apache-2.0
#include "bench/local_load.h"

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/mutex.h"

namespace trireme::bench {
namespace {

constexpr Duration kTick = std::chrono::milliseconds(20);

TimePoint Now() {
  return Clock::System().Now();
}

class LocalLoad {
 public:
  LocalLoad(const LoadPlan& plan, int callers, const RunLocally& run)
      : plan_(plan),
        run_(run),
        began_(Now()),
        arrivals_(plan.arrivals, plan.per_second.value_or(1), plan.seed),
        record_(1, plan.warm_up + plan.window * plan.windows, plan.server_pid, began_) {
    PlanPhases();
    const auto users = static_cast<int>(plan.connections * plan.calls);
    callers_ = plan.per_second ? callers : std::min(callers, users);
    for (int i = 0; i < users && !plan.per_second; ++i) waiting_.push_back(began_);
    if (plan.per_second) next_arrival_ = began_ + arrivals_.Next();
  }

  LoadResult Run();

 private:
  struct Phase {
    TimePoint end = kNever;
    bool measured = true;
    uint64_t requests = 0;        // that end it, if not the time does
    uint64_t least_requests = 0;  // without which the time does not
  };

  void PlanPhases();
  void Work();
  std::optional<TimePoint> Take(uint64_t& turn);
  std::optional<TimePoint> TakeArrival() REQUIRES(mutex_);
  void Ended(TimePoint began, const Status& status);
  void Failed(const std::string& kind, const std::string& message) REQUIRES(mutex_);
  void EndEarly(EarlyEnd::Why why, std::string text) REQUIRES(mutex_);
  void Watch();
  void Advance(TimePoint now) REQUIRES(mutex_);
  bool IsInterrupted(Duration wait) const;
  int users() const REQUIRES(mutex_) {
    return plan_.per_second ? running_ : static_cast<int>(plan_.connections * plan_.calls);
  }

  const LoadPlan& plan_;
  const RunLocally& run_;
  const TimePoint began_;
  int callers_ = 0;
  std::vector<Phase> phases_;

  Mutex mutex_;
  CondVar wake_;
  size_t phase_ GUARDED_BY(mutex_) = 0;
  uint64_t phase_requests_ GUARDED_BY(mutex_) = 0;    // that ended in it
  std::deque<TimePoint> waiting_ GUARDED_BY(mutex_);  // closed loop: users who have no caller, by when they came
  ArrivalTimes arrivals_ GUARDED_BY(mutex_);
  TimePoint next_arrival_ GUARDED_BY(mutex_) = kNever;
  LoadRecord record_ GUARDED_BY(mutex_);
  uint64_t turn_ GUARDED_BY(mutex_) = 0;
  uint64_t misses_ GUARDED_BY(mutex_) = 0;
  int running_ GUARDED_BY(mutex_) = 0;
  int working_ GUARDED_BY(mutex_) = 0;  // threads
  bool stop_ GUARDED_BY(mutex_) = false;
  std::optional<TimePoint> drain_began_ GUARDED_BY(mutex_);
  std::optional<EarlyEnd> early_end_ GUARDED_BY(mutex_);
};

void LocalLoad::PlanPhases() {
  TimePoint end = began_;
  if (plan_.warm_up > Duration(0)) phases_.push_back({.end = end += plan_.warm_up, .measured = false});
  for (int i = 0; i < plan_.windows; ++i) {
    if (plan_.window_requests > 0) {
      phases_.push_back({.requests = plan_.window_requests});
    } else {
      phases_.push_back({.end = end += plan_.window, .least_requests = plan_.least_window_requests});
    }
  }
}

LoadResult LocalLoad::Run() {
  std::vector<std::thread> threads;
  {
    MutexLock lock(mutex_);
    if (phases_[0].measured) record_.OpenWindow(began_);
    working_ = callers_;
  }
  for (int i = 0; i < callers_; ++i) threads.emplace_back([this] { Work(); });
  Watch();
  for (std::thread& thread : threads) thread.join();
  MutexLock lock(mutex_);
  const TimePoint now = Now();
  const bool shows_rest =
      drain_began_ || plan_.stops_on_failure || plan_.miss_limit.has_value() || !record_.has_windows();
  if (record_.is_measuring() && shows_rest) record_.CloseWindow(drain_began_.value_or(now), users());
  LoadResult result = std::move(record_).Finish(now, users());
  result.early_end = early_end_;
  return result;
}

void LocalLoad::Work() {
  uint64_t turn = 0;
  while (const std::optional<TimePoint> began = Take(turn)) {
    const Status status = run_(turn);
    Ended(*began, status);
  }
  MutexLock lock(mutex_);
  --working_;
  wake_.NotifyAll();
}

// Waits until there is a request; nothing: there will be none. When it came, or should have.
std::optional<TimePoint> LocalLoad::Take(uint64_t& turn) {
  MutexLock lock(mutex_);
  std::optional<TimePoint> began;
  if (stop_) return began;
  if (plan_.per_second) {
    began = TakeArrival();
  } else {
    began = waiting_.front();
    waiting_.pop_front();
  }
  if (!began) return began;
  ++running_;
  turn = turn_++;
  return began;
}

std::optional<TimePoint> LocalLoad::TakeArrival() {
  while (!stop_) {
    const TimePoint at = next_arrival_;
    if (at >= phases_.back().end || (drain_began_ && at >= *drain_began_)) return std::nullopt;
    next_arrival_ = began_ + arrivals_.Next();
    while (!stop_ && Now() < at) wake_.WaitUntil(mutex_, at);
    const Duration late = Now() - at;
    if (stop_) return std::nullopt;
    const double behind = std::chrono::duration<double>(late).count() * *plan_.per_second;
    if (behind > static_cast<double>(plan_.most_waiting)) {
      EndEarly(EarlyEnd::Why::kOverrun,
               "more than " + std::to_string(plan_.most_waiting) +
                   " arrivals wait for a free caller: the model does not keep up with the rate");
      return std::nullopt;
    }
    if (late < plan_.timeout) return at;
    const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(plan_.timeout);
    ++phase_requests_;
    Failed(std::string(Name(StatusCode::kDeadlineExceeded)),
           "no free caller within " + std::to_string(limit.count()) + " ms");
  }
  return std::nullopt;
}

void LocalLoad::Ended(TimePoint began, const Status& status) {
  MutexLock lock(mutex_);
  const TimePoint now = Now();
  const Duration took = now - began;
  --running_;
  ++phase_requests_;
  if (!status.ok()) {
    Failed(std::string(Name(status.code())), status.message());
  } else if (took >= plan_.timeout) {
    Failed(std::string(Name(StatusCode::kDeadlineExceeded)), "the run ended too late");
  } else {
    record_.Answered(0, {.whole = took, .first_response = std::nullopt}, {.ok = true});
    const bool missed = plan_.miss_limit && took > plan_.miss_limit->latency && record_.is_measuring();
    if (missed && ++misses_ > plan_.miss_limit->most) EndEarly(EarlyEnd::Why::kMissed, "too many runs took too long");
  }
  if (!plan_.per_second) waiting_.push_back(now);
  if (!stop_) Advance(now);
}

void LocalLoad::Failed(const std::string& kind, const std::string& message) {
  record_.Failed(0, kind, message);
  if (plan_.stops_on_failure) EndEarly(EarlyEnd::Why::kFailure, kind + ": " + message);
  if (!plan_.miss_limit || !record_.is_measuring() || ++misses_ <= plan_.miss_limit->most) return;
  EndEarly(EarlyEnd::Why::kMissed, "too many runs failed");
}

void LocalLoad::EndEarly(EarlyEnd::Why why, std::string text) {
  stop_ = true;
  wake_.NotifyAll();
  if (early_end_) return;
  early_end_ = {.why = why, .users = users(), .at = Now() - began_, .text = std::move(text)};
}

bool LocalLoad::IsInterrupted(Duration wait) const {
  pollfd polled = {.fd = plan_.stop_fd, .events = POLLIN, .revents = 0};  // one below 0 is passed over
  const auto whole = std::chrono::ceil<std::chrono::milliseconds>(std::max(wait, Duration(0)));
  return poll(&polled, 1, static_cast<int>(whole.count())) > 0;
}

// On the thread that asked: begins and ends windows until the callers have gone.
void LocalLoad::Watch() {
  TimePoint until = began_;
  while (true) {
    const bool interrupted = IsInterrupted(until - Now());
    MutexLock lock(mutex_);
    if (interrupted && !stop_) EndEarly(EarlyEnd::Why::kInterrupted, "interrupted");
    const TimePoint now = Now();
    record_.Advance(now, users());
    if (!stop_) Advance(now);
    if (stop_ || working_ == 0) return;
    const TimePoint end = drain_began_ ? kNever : phases_[phase_].end;
    until = end <= now ? now + kTick : std::min(now + kTick, end);
  }
}

// Goes on to the next phase where one is over. After the last, a closed loop stops; in an open one those who are slow
// are heard out.
void LocalLoad::Advance(TimePoint now) {
  if (drain_began_) return;
  const Phase& phase = phases_[phase_];
  const bool is_over = phase.requests > 0 ? phase_requests_ >= phase.requests
                                          : now >= phase.end && phase_requests_ >= phase.least_requests;
  if (!is_over) return;
  const bool is_last = phase_ + 1 == phases_.size();
  if (is_last && plan_.per_second) {
    drain_began_ = now;
    return;
  }
  if (phase.measured) record_.CloseWindow(now, users());
  if (is_last) {
    stop_ = true;
    return;
  }
  ++phase_;
  phase_requests_ = 0;
  if (phases_[phase_].measured) record_.OpenWindow(now);
}

}  // namespace

Result<LoadResult> RunLocalLoad(const LoadPlan& plan, int callers, const RunLocally& run) {
  if (!plan.stages.empty()) return Unsupported("a model in this process is not loaded in stages");
  return LocalLoad(plan, callers, run).Run();
}

}  // namespace trireme::bench
