// SPDX-License-Identifier: Apache-2.0
#include "bench/load.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace trireme::bench {
namespace {

constexpr Duration kTick = std::chrono::milliseconds(20);    // how often time-outs, pauses and users are looked at
constexpr Duration kPause = std::chrono::milliseconds(100);  // before a failed connection is opened again
constexpr size_t kScratchBytes = 256 << 10;

TimePoint Now() {
  return Clock::System().Now();
}

Status SystemError(const char* what) {
  return Internal(std::string(what) + ": " + std::generic_category().message(errno));
}

class Load;

// What is to be sent.
struct Call {
  TimePoint began;  // or should have
  size_t model = 0;
  size_t requests = 0;
  size_t place = 0;  // in a sequence
};

// A call's place on a connection.
struct Slot : Call {
  bool busy = false;
  std::optional<Duration> first_response;  // since it began, where others follow
};

// One connection and its slots.
struct Lane final : CarrierListener {
  Lane(Load& owner, size_t n, size_t calls) : load(owner), number(n), slots(calls) {}
  void OnFirstResponse(size_t slot) override;
  void OnEnd(size_t slot, const CallEnd& end) override;

  Load& load;
  const size_t number;
  std::unique_ptr<Carrier> carrier;
  std::vector<Slot> slots;
  TimePoint resume_at;      // after a failure
  uint32_t polled_for = 0;  // by epoll
  uint64_t polled_generation = 0;
  bool touched = false;
};

struct SlotRef {
  Lane* lane = nullptr;
  size_t slot = 0;
};

class Load {
 public:
  explicit Load(const LoadPlan& plan);
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;
  ~Load() {
    if (epoll_ >= 0) close(epoll_);
    if (timer_ >= 0) close(timer_);
  }

  Result<LoadResult> Run();
  void Responded(Lane& lane, size_t number);
  void Ended(Lane& lane, size_t number, const CallEnd& end);

 private:
  struct Phase {
    TimePoint end = kNever;
    bool measured = true;
    uint64_t requests = 0;        // that end it, if not the time does
    uint64_t least_requests = 0;  // without which the time does not
  };

  bool has_sequence() const { return !plan_.sequence.empty(); }
  bool is_open_loop() const { return plan_.per_second.has_value() || (has_sequence() && plan_.keeps_times); }
  int current_users() const { return is_open_loop() ? static_cast<int>(busy_) : users_; }
  size_t IndexOf(const SlotRef& ref) const { return ref.lane->number * plan_.calls + ref.slot; }

  void PlanPhases();
  Status Prepare();
  void Poll();
  void Release(TimePoint now);
  bool TakeIdle(TimePoint now, SlotRef& ref);
  void Give(const SlotRef& ref, TimePoint now);
  void Begin(const SlotRef& ref, const Call& call);
  void BeginWaiting(const SlotRef& ref);
  bool HasNext() const { return !has_sequence() || next_place_ < plan_.sequence.size(); }
  Call NextCall(TimePoint began);
  TimePoint NextArrival();
  void Told(const Call& call, const CallEnd& end);
  void Touch(Lane& lane);
  void Settle();
  void Watch(Lane& lane);
  void Tick(TimePoint now);
  void CheckTimeouts(TimePoint now);
  void SetUsers(TimePoint now);
  void NextPhase(TimePoint now);
  void EndEarly(EarlyEnd::Why why, int users, std::string text);
  void Missed();
  bool IsPhaseOver(TimePoint now) const {
    const Phase& phase = phases_[phase_];
    if (phase.requests > 0) return phase_requests_ >= phase.requests;
    return now >= phase.end && phase_requests_ >= phase.least_requests;
  }

  const LoadPlan& plan_;
  std::vector<Phase> phases_;
  size_t phase_ = 0;
  uint64_t phase_requests_ = 0;  // that ended in it
  uint64_t misses_ = 0;          // of the plan's limit
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::vector<char> scratch_;
  int epoll_ = -1;
  int timer_ = -1;  // open loop: the next arrival
  ModelPicker picker_;
  ArrivalTimes arrivals_;
  TimePoint next_arrival_ = kNever;
  TimePoint timer_at_ = kNever;
  std::deque<Call> waiting_;     // arrivals without a slot, by their intended times; bounded by the plan
  size_t next_place_ = 0;        // in a sequence
  std::deque<SlotRef> idle_;     // open loop: slots without an arrival
  std::vector<SlotRef> freed_;   // to be given something
  TimePoint freed_at_;           // the last of them: a clock costs more than it seems
  std::vector<SlotRef> parked_;  // to be looked at with the next tick
  std::vector<Lane*> touched_;   // have something to send, or to be polled for something else
  size_t busy_ = 0;
  int users_ = 0;  // closed loop
  bool in_begin_ = false;
  bool stop_ = false;
  bool draining_ = false;
  TimePoint drain_until_;
  TimePoint drain_began_;
  TimePoint began_;
  TimePoint next_tick_;
  LoadRecord record_;
  std::optional<EarlyEnd> early_end_;
};

void Lane::OnFirstResponse(size_t slot) {
  load.Responded(*this, slot);
}

void Lane::OnEnd(size_t slot, const CallEnd& end) {
  load.Ended(*this, slot, end);
}

Duration Planned(const LoadPlan& plan) {
  if (!plan.sequence.empty()) return plan.keeps_times ? plan.sequence.back().at : Duration(std::chrono::minutes(1));
  return plan.stages.empty() ? plan.warm_up + plan.window * plan.windows : TotalLength(plan.stages);
}

Load::Load(const LoadPlan& plan)
    : plan_(plan),
      scratch_(kScratchBytes),
      picker_(plan.models, plan.seed),
      arrivals_(plan.arrivals, plan.per_second.value_or(1), plan.seed),
      began_(Now()),
      record_(plan.models.size(), Planned(plan), plan.server_pid, began_) {
  PlanPhases();
  for (size_t i = 0; i < plan.connections; ++i) {
    lanes_.push_back(std::make_unique<Lane>(*this, i, plan.calls));
    lanes_.back()->carrier = plan.make_carrier(i, *lanes_.back());
  }
}

void Load::PlanPhases() {
  if (has_sequence()) return phases_.push_back({.requests = plan_.sequence.size()});
  TimePoint end = began_;
  for (const Stage& stage : plan_.stages) phases_.push_back({.end = end += stage.length});
  if (!plan_.stages.empty()) return;
  if (plan_.warm_up > Duration(0)) phases_.push_back({.end = end += plan_.warm_up, .measured = false});
  for (int i = 0; i < plan_.windows; ++i) {
    if (plan_.window_requests > 0) {
      phases_.push_back({.requests = plan_.window_requests});
    } else {
      phases_.push_back({.end = end += plan_.window, .least_requests = plan_.least_window_requests});
    }
  }
}

Status Load::Prepare() {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) return SystemError("epoll_create1");
  if (plan_.stop_fd >= 0) {
    epoll_event event = {.events = EPOLLIN, .data = {.ptr = this}};
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, plan_.stop_fd, &event) != 0) return SystemError("epoll_ctl");
  }
  if (!is_open_loop()) return Status();
  timer_ = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  if (timer_ < 0) return SystemError("timerfd_create");
  epoll_event event = {.events = EPOLLIN | EPOLLET, .data = {.ptr = nullptr}};
  return epoll_ctl(epoll_, EPOLL_CTL_ADD, timer_, &event) == 0 ? Status() : SystemError("epoll_ctl");
}

Result<LoadResult> Load::Run() {
  RETURN_IF_ERROR(Prepare());
  TimePoint now = began_;
  next_tick_ = now + kTick;
  if (phases_[0].measured) record_.OpenWindow(now);
  if (is_open_loop()) {
    for (const auto& lane : lanes_) {
      lane->carrier->Open();
      Touch(*lane);
      for (size_t slot = 0; slot < plan_.calls; ++slot) idle_.push_back({lane.get(), slot});
    }
    next_arrival_ = NextArrival();
  } else {
    SetUsers(now);
  }
  Settle();
  while (!stop_) {
    Poll();
    now = Now();
    // Not with the ticks: a step is no multiple of theirs.
    record_.Advance(now, current_users());
    Release(now);
    if (now >= next_tick_) Tick(now);
    if (draining_) {
      if ((busy_ == 0 && waiting_.empty()) || now >= drain_until_) break;
    } else if (IsPhaseOver(now)) {
      NextPhase(now);
    }
  }
  // What an end before its time leaves of a window is shown where nothing else tells of that time.
  LoadResult result;
  const bool shows_rest = draining_ || !plan_.stages.empty() || plan_.stops_on_failure ||
                          plan_.miss_limit.has_value() || !record_.has_windows();
  if (record_.is_measuring() && shows_rest) {
    record_.CloseWindow(draining_ ? drain_began_ : now, current_users());
  }
  result = std::move(record_).Finish(now, current_users());
  result.early_end = early_end_;
  return result;
}

void Load::Poll() {
  if (is_open_loop() && next_arrival_ != timer_at_ && next_arrival_ != kNever) {
    timer_at_ = next_arrival_;
    const auto at = std::chrono::nanoseconds(next_arrival_.time_since_epoch()).count();
    constexpr int64_t kSecond = 1'000'000'000;
    const itimerspec when = {.it_interval = {}, .it_value = {.tv_sec = at / kSecond, .tv_nsec = at % kSecond}};
    timerfd_settime(timer_, TFD_TIMER_ABSTIME, &when, nullptr);
  }
  std::array<epoll_event, 256> events;
  const TimePoint now = Now();
  const TimePoint end = phases_[phase_].end;
  // A phase that is past its end waits for answers, not for the clock.
  const TimePoint until = draining_ || end <= now ? next_tick_ : std::min(next_tick_, end);
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(until - now);
  const int ready =
      epoll_wait(epoll_, events.data(), events.size(), static_cast<int>(std::max<int64_t>(wait.count(), 0)));
  for (int i = 0; i < ready; ++i) {
    void* pointer = events[static_cast<size_t>(i)].data.ptr;
    if (pointer == nullptr) continue;  // the timer: Release() looks at the clock
    if (pointer == this) {
      EndEarly(EarlyEnd::Why::kInterrupted, current_users(), "interrupted");
      continue;
    }
    Lane& lane = *static_cast<Lane*>(pointer);
    if (lane.carrier->fd() < 0) continue;
    lane.carrier->Drive(scratch_);
    Touch(lane);
    Settle();
  }
}

// Open loop: sends what has arrived by now, or lets it wait.
void Load::Release(TimePoint now) {
  while (next_arrival_ <= now) {
    if (next_arrival_ >= phases_.back().end) {
      next_arrival_ = kNever;
      break;
    }
    const Call call = NextCall(next_arrival_);
    SlotRef ref;
    if (TakeIdle(now, ref)) {
      Begin(ref, call);
    } else {
      waiting_.push_back(call);
    }
    next_arrival_ = NextArrival();
    if (waiting_.size() <= plan_.most_waiting) continue;
    EndEarly(EarlyEnd::Why::kOverrun, current_users(),
             "more than " + std::to_string(plan_.most_waiting) +
                 " arrivals wait for a free connection: the server does not keep up with the rate, or needs more "
                 "connections or calls at a time");
    next_arrival_ = kNever;
  }
  Settle();
}

bool Load::TakeIdle(TimePoint now, SlotRef& ref) {
  while (!idle_.empty()) {
    // The one that has been idle for longest: all connections are used alike.
    ref = idle_.front();
    idle_.pop_front();
    if (ref.lane->resume_at <= now) return true;
    parked_.push_back(ref);
  }
  return false;
}

// A slot is free: what does it do next?
void Load::Give(const SlotRef& ref, TimePoint now) {
  if (ref.lane->slots[ref.slot].busy) return;  // it was parked, and given something meanwhile
  if (!is_open_loop()) {
    if (static_cast<int>(IndexOf(ref)) >= users_) return;  // its user has gone
    if (ref.lane->resume_at > now) return parked_.push_back(ref);
    if (!waiting_.empty()) return BeginWaiting(ref);  // of a sequence, for which there was no connection
    if (HasNext()) Begin(ref, NextCall(now));
    return;
  }
  if (ref.lane->resume_at > now) return parked_.push_back(ref);
  if (waiting_.empty()) return idle_.push_back(ref);
  BeginWaiting(ref);
}

void Load::BeginWaiting(const SlotRef& ref) {
  const Call call = waiting_.front();
  waiting_.pop_front();
  Begin(ref, call);
}

Call Load::NextCall(TimePoint began) {
  if (!has_sequence()) {
    const size_t model = picker_.Next();
    return {.began = began, .model = model, .requests = model};
  }
  const size_t place = next_place_++;
  const PlannedCall& planned = plan_.sequence[place];
  return {.began = began, .model = planned.model, .requests = planned.requests, .place = place};
}

TimePoint Load::NextArrival() {
  if (!has_sequence()) return began_ + arrivals_.Next();
  return HasNext() ? began_ + plan_.sequence[next_place_].at : kNever;
}

void Load::Begin(const SlotRef& ref, const Call& call) {
  Slot& slot = ref.lane->slots[ref.slot];
  static_cast<Call&>(slot) = call;
  slot.busy = true;
  slot.first_response.reset();
  ++busy_;
  in_begin_ = true;
  const bool begun = ref.lane->carrier->Begin(ref.slot, call.requests);
  in_begin_ = false;
  Touch(*ref.lane);
  if (begun) {
    if (has_sequence() && plan_.keeps_times) record_.Began(Now() - call.began);
    return;
  }
  slot.busy = false;
  --busy_;
  // What has its place in a sequence is not given to another slot: it goes first.
  if (is_open_loop() || has_sequence()) waiting_.push_front(call);
  parked_.push_back(ref);
}

void Load::Told(const Call& call, const CallEnd& end) {
  if (has_sequence() && plan_.on_end) plan_.on_end(call.place, end);
}

void Load::Responded(Lane& lane, size_t number) {
  Slot& slot = lane.slots[number];
  if (slot.busy) slot.first_response = Now() - slot.began;
}

void Load::Ended(Lane& lane, size_t number, const CallEnd& end) {
  Slot& slot = lane.slots[number];
  if (!slot.busy) return;
  const TimePoint now = freed_at_ = Now();
  const int users = current_users();
  slot.busy = false;
  --busy_;
  ++phase_requests_;
  freed_.push_back({&lane, number});
  Told(slot, end);
  if (end.ok) {
    record_.Answered(slot.model, {.whole = now - slot.began, .first_response = slot.first_response}, end);
    if (plan_.miss_limit && now - slot.began > plan_.miss_limit->latency) Missed();
    return;
  }
  record_.Failed(slot.model, end.kind, end.message);
  Missed();
  if (in_begin_ || lane.carrier->fd() < 0) lane.resume_at = now + kPause;
  if (plan_.stops_on_failure) {
    const std::string words = end.message.empty() ? "" : ": " + std::string(end.message);
    EndEarly(EarlyEnd::Why::kFailure, users, std::string(end.kind) + words);
  }
}

void Load::Touch(Lane& lane) {
  if (lane.touched) return;
  lane.touched = true;
  touched_.push_back(&lane);
}

// Until nothing is left that could be done now.
void Load::Settle() {
  while (!freed_.empty() || !touched_.empty()) {
    if (!freed_.empty()) {
      while (!freed_.empty() && !stop_) {
        const SlotRef ref = freed_.back();
        freed_.pop_back();
        Give(ref, freed_at_);
      }
      if (stop_) freed_.clear();
    }
    if (touched_.empty()) continue;
    Lane& lane = *touched_.back();
    touched_.pop_back();
    lane.touched = false;
    lane.carrier->Flush();
    Watch(lane);
  }
}

// Epoll is asked for what the connection waits for; most requests change nothing.
void Load::Watch(Lane& lane) {
  const int fd = lane.carrier->fd();
  if (fd < 0) return;
  const bool is_new = lane.polled_generation != lane.carrier->generation();
  const uint32_t wanted = lane.carrier->WantsWrite() ? EPOLLIN | EPOLLOUT : EPOLLIN;
  if (!is_new && wanted == lane.polled_for) return;
  epoll_event event = {.events = wanted, .data = {.ptr = &lane}};
  epoll_ctl(epoll_, is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event);
  lane.polled_for = wanted;
  lane.polled_generation = lane.carrier->generation();
}

void Load::Tick(TimePoint now) {
  next_tick_ = now + kTick;
  CheckTimeouts(now);
  for (const SlotRef& ref : std::exchange(parked_, {})) Give(ref, now);
  if (!is_open_loop()) SetUsers(now);
  Settle();
}

void Load::CheckTimeouts(TimePoint now) {
  const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(plan_.timeout);
  const std::string kind(Name(StatusCode::kDeadlineExceeded));
  for (const auto& lane : lanes_) {
    for (size_t i = 0; i < lane->slots.size(); ++i) {
      Slot& slot = lane->slots[i];
      if (!slot.busy || now - slot.began < plan_.timeout) continue;
      const std::string message = "no answer within " + std::to_string(limit.count()) + " ms";
      lane->carrier->Cancel(i);
      Ended(*lane, i, {.ok = false, .kind = kind, .message = message});
      Touch(*lane);
    }
  }
  while (!waiting_.empty() && now - waiting_.front().began >= plan_.timeout) {
    const Call call = waiting_.front();
    waiting_.pop_front();
    ++phase_requests_;
    const std::string message = "no free connection within " + std::to_string(limit.count()) + " ms";
    Told(call, {.ok = false, .kind = kind, .message = message});
    record_.Failed(call.model, kind, message);
    Missed();
    if (plan_.stops_on_failure) {
      EndEarly(EarlyEnd::Why::kFailure, current_users(), "a request found no free connection in time");
    }
  }
}

// Closed loop: those who come begin; those who go end with their answer.
void Load::SetUsers(TimePoint now) {
  const int all = static_cast<int>(plan_.connections * plan_.calls);
  const int before = users_;
  users_ = plan_.stages.empty() ? all : std::min(all, UsersAt(plan_.stages, now - began_));
  for (int i = before; i < users_; ++i) {
    Lane& lane = *lanes_[static_cast<size_t>(i) / plan_.calls];
    const size_t slot = static_cast<size_t>(i) % plan_.calls;
    if (!lane.slots[slot].busy) Give({&lane, slot}, now);
  }
}

void Load::NextPhase(TimePoint now) {
  const bool is_last = phase_ + 1 == phases_.size();
  if (is_last && is_open_loop()) {
    // Those who are slow are heard out, or the end would hide them.
    draining_ = true;
    drain_began_ = now;
    drain_until_ = now + plan_.timeout;
    next_arrival_ = kNever;
    return;
  }
  // A stage's users as it ended; the next one's may have come already.
  const Duration end = phases_[phase_].end - began_ - Duration(1);
  const int users = plan_.stages.empty() ? current_users() : UsersAt(plan_.stages, end);
  if (phases_[phase_].measured) record_.CloseWindow(now, users);
  if (is_last) {
    stop_ = true;
    return;
  }
  ++phase_;
  phase_requests_ = 0;
  if (phases_[phase_].measured) record_.OpenWindow(now);
}

void Load::Missed() {
  if (!plan_.miss_limit || !record_.is_measuring() || ++misses_ <= plan_.miss_limit->most) return;
  EndEarly(EarlyEnd::Why::kMissed, current_users(), "too many requests failed or took too long");
}

void Load::EndEarly(EarlyEnd::Why why, int users, std::string text) {
  stop_ = true;
  if (early_end_) return;
  early_end_ = {.why = why, .users = users, .at = Now() - began_, .text = std::move(text)};
}

}  // namespace

Result<LoadResult> RunLoad(const LoadPlan& plan) {
  return Load(plan).Run();
}

}  // namespace trireme::bench
