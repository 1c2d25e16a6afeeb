// SPDX-License-Identifier: Apache-2.0
#include "bench/closed_loop.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "bench/server_process.h"
#include "client/kserve_client.h"

namespace trireme::bench {
namespace {

using client::HttpConnection;
using Progress = HttpConnection::Progress;

constexpr Duration kTick = std::chrono::milliseconds(20);    // how often time-outs and pauses are looked at
constexpr Duration kPause = std::chrono::milliseconds(100);  // before a failed connection is opened again
constexpr size_t kScratchBytes = 256 << 10;
constexpr size_t kErrorBytes = 512;  // of a body, for the sample message

TimePoint Now() {
  return Clock::System().Now();
}

// One connection and the request that it has under way.
struct Lane {
  HttpConnection connection;
  TimePoint began;
  TimePoint resume_at;      // while it is closed
  uint64_t received = 0;    // before the request under way
  uint32_t polled_for = 0;  // by epoll; 0: not yet
  std::string body;
};

class ClosedLoop {
 public:
  explicit ClosedLoop(const LoadPlan& plan) : plan_(plan), lanes_(plan.connections), scratch_(kScratchBytes) {}
  ~ClosedLoop() {
    if (epoll_ >= 0) close(epoll_);
  }

  Result<LoadResult> Run();

 private:
  Status Prepare();
  void Poll();
  void Begin(Lane& lane, TimePoint now);
  void Go(Lane& lane, Progress progress);
  void Answered(Lane& lane, TimePoint now);
  void Failed(Lane& lane, const std::string& kind, const std::string& message, TimePoint now);
  void Watch(Lane& lane);
  void Tick(TimePoint now);
  void OpenWindow(TimePoint now);
  void CloseWindow(TimePoint now);

  const LoadPlan& plan_;
  std::vector<Lane> lanes_;
  std::vector<char> scratch_;
  int epoll_ = -1;
  bool warm_ = false;
  bool stop_ = false;
  Window window_;
  TimePoint window_began_;
  std::optional<Duration> server_cpu_;  // when the window began
  Duration client_cpu_{0};
  TimePoint next_tick_;
  LoadResult result_;
};

Status ClosedLoop::Prepare() {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) return Internal("epoll_create1: " + std::generic_category().message(errno));
  if (plan_.stop_fd < 0) return Status();
  epoll_event event = {.events = EPOLLIN, .data = {.ptr = nullptr}};
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, plan_.stop_fd, &event) == 0) return Status();
  return Internal("epoll_ctl: " + std::generic_category().message(errno));
}

Result<LoadResult> ClosedLoop::Run() {
  RETURN_IF_ERROR(Prepare());
  TimePoint now = Now();
  OpenWindow(now);
  next_tick_ = now + kTick;
  for (Lane& lane : lanes_) Begin(lane, now);
  while (!stop_ && result_.windows.size() < static_cast<size_t>(plan_.windows)) {
    Poll();
    now = Now();
    if (now >= next_tick_) Tick(now);
    if (now - window_began_ >= (warm_ ? plan_.window : plan_.warm_up)) {
      if (warm_) CloseWindow(now);
      warm_ = true;
      OpenWindow(now);
    }
  }
  result_.interrupted = stop_;
  if (stop_ && warm_ && result_.windows.empty()) CloseWindow(now);
  return std::move(result_);
}

void ClosedLoop::Poll() {
  std::array<epoll_event, 256> events;
  const TimePoint until = std::min(next_tick_, window_began_ + (warm_ ? plan_.window : plan_.warm_up));
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(until - Now());
  const int ready =
      epoll_wait(epoll_, events.data(), events.size(), static_cast<int>(std::max<int64_t>(wait.count(), 0)));
  for (int i = 0; i < ready; ++i) {
    auto* lane = static_cast<Lane*>(events[static_cast<size_t>(i)].data.ptr);
    if (lane == nullptr) {
      stop_ = true;
    } else if (lane->connection.is_open()) {
      Go(*lane, lane->connection.Drive(scratch_));
    }
  }
}

// Puts the next request on its way.
void ClosedLoop::Begin(Lane& lane, TimePoint now) {
  lane.began = now;
  lane.body.clear();
  if (!lane.connection.is_reusable()) {
    lane.polled_for = 0;
    if (const Status status = lane.connection.Open(plan_.endpoint); !status.ok()) {
      Failed(lane, std::string(Name(status.code())), status.message(), now);
      return;
    }
  }
  lane.received = lane.connection.bytes_received();
  if (lane.connection.Start(plan_.request, &lane.body, kErrorBytes) == Progress::kFailed) {
    Failed(lane, std::string(Name(lane.connection.error().code())), lane.connection.error().message(), now);
    return;
  }
  Watch(lane);
}

void ClosedLoop::Go(Lane& lane, Progress progress) {
  if (progress == Progress::kWaiting) {
    Watch(lane);
    return;
  }
  const TimePoint now = Now();
  if (progress == Progress::kAnswered) {
    Answered(lane, now);
  } else {
    Failed(lane, std::string(Name(lane.connection.error().code())), lane.connection.error().message(), now);
  }
}

void ClosedLoop::Answered(Lane& lane, TimePoint now) {
  const int status = lane.connection.response().status();
  if (status == 200) {
    window_.latency.Record(now - lane.began);
    result_.response_bytes = lane.connection.bytes_received() - lane.received;
  } else {
    ++window_.failures;
    Failures& failures = result_.failures["HTTP " + std::to_string(status)];
    if (failures.count++ == 0) failures.sample = client::RefusalStatus(status, lane.body).message();
  }
  Begin(lane, now);
}

void ClosedLoop::Failed(Lane& lane, const std::string& kind, const std::string& message, TimePoint now) {
  ++window_.failures;
  Failures& failures = result_.failures[kind];
  if (failures.count++ == 0) failures.sample = message;
  lane.connection.Close();
  lane.resume_at = now + kPause;
}

// Epoll is asked for what the connection waits for; most requests change nothing.
void ClosedLoop::Watch(Lane& lane) {
  const uint32_t wanted = lane.connection.WantsWrite() ? EPOLLIN | EPOLLOUT : EPOLLIN;
  if (wanted == lane.polled_for) return;
  epoll_event event = {.events = wanted, .data = {.ptr = &lane}};
  epoll_ctl(epoll_, lane.polled_for == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, lane.connection.fd(), &event);
  lane.polled_for = wanted;
}

void ClosedLoop::Tick(TimePoint now) {
  next_tick_ = now + kTick;
  for (Lane& lane : lanes_) {
    if (!lane.connection.is_open()) {
      if (now >= lane.resume_at) Begin(lane, now);
    } else if (now - lane.began >= plan_.timeout) {
      const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(plan_.timeout);
      Failed(lane, std::string(Name(StatusCode::kDeadlineExceeded)),
             "no answer within " + std::to_string(limit.count()) + " ms", now);
    }
  }
}

void ClosedLoop::OpenWindow(TimePoint now) {
  window_ = Window();
  window_began_ = now;
  client_cpu_ = OwnCpuTime();
  server_cpu_ = plan_.server_pid ? CpuTimeOf(*plan_.server_pid) : std::nullopt;
}

void ClosedLoop::CloseWindow(TimePoint now) {
  window_.length = now - window_began_;
  window_.client_cpu = OwnCpuTime() - client_cpu_;
  if (server_cpu_) {
    if (const auto cpu = CpuTimeOf(*plan_.server_pid)) window_.server_cpu = *cpu - *server_cpu_;
  }
  result_.windows.push_back(std::move(window_));
}

}  // namespace

Result<LoadResult> RunClosedLoop(const LoadPlan& plan) {
  return ClosedLoop(plan).Run();
}

}  // namespace trireme::bench
