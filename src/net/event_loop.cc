// SPDX-License-Identifier: Apache-2.0
#include "net/event_loop.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>
#include <utility>

#include "base/check.h"

namespace trireme::net {
namespace {

constexpr uint32_t kEvents = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;

// A connection for which there is too little memory goes: how far it has come nobody knows.
template <typename Step>
void OrCutOff(Connection& connection, const Step& step) {
  try {
    step();
  } catch (const std::bad_alloc&) {
    connection.CutOff();
  }
}

// A function as a task that ends itself.
class Job final : public Task {
 public:
  explicit Job(std::function<void()> job) : job_(std::move(job)) {}
  void Run() override {
    const std::unique_ptr<Job> self(this);
    job_();
  }

 private:
  std::function<void()> job_;
};

}  // namespace

EventLoop::EventLoop(const Clock& clock)
    : clock_(clock),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      executor_(std::make_shared<LoopExecutor>()),
      now_(clock.Now()),
      timers_(now_) {
  CHECK(epoll_);
  epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.ptr = nullptr}};
  CHECK(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, executor_->bell(), &event) == 0);
}

EventLoop::~EventLoop() {
  End();
}

void EventLoop::Run() {
  executor_->BindToThisThread();
  while (!quitting_) Turn(true);
  End();
}

void EventLoop::End() {
  while (!connections_.empty()) connections_.back()->CutOff();
  executor_->Close();
  to_attend_.clear();
  buried_.clear();
}

void EventLoop::Turn(bool may_wait) {
  std::array<epoll_event, kMaxEvents> events;
  const bool sleeps = may_wait && to_attend_.empty() && executor_->TryToSleep();
  const int count = epoll_wait(epoll_.get(), events.data(), kMaxEvents, sleeps ? MillisecondsToWait() : 0);
  CHECK(count >= 0 || errno == EINTR);
  executor_->WakeUp();
  now_ = clock_.Now();
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<size_t>(i)];
    auto* connection = static_cast<Connection*>(event.data.ptr);
    if (connection != nullptr) OrCutOff(*connection, [&] { connection->OnEvents(event.events); });
  }
  executor_->RunTasks();
  AttendAll();
  timers_.Advance(now_);
  buried_.clear();
}

int EventLoop::MillisecondsToWait() const {
  const TimePoint look = timers_.next_look();
  if (look == kNever) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(look - clock_.Now());
  return static_cast<int>(std::clamp<int64_t>(left.count(), 0, 3'600'000));
}

void EventLoop::AttendAll() {
  std::swap(attending_, to_attend_);
  for (Connection* connection : attending_) {
    connection->attended_ = false;
    OrCutOff(*connection, [&] { connection->OnAttention(); });
  }
  attending_.clear();
}

void EventLoop::Attend(Connection& connection) {
  if (std::exchange(connection.attended_, true)) return;
  to_attend_.push_back(&connection);
}

void EventLoop::Add(std::unique_ptr<Connection> connection) {
  epoll_event event{.events = kEvents, .data = {.ptr = connection.get()}};
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, connection->fd(), &event) != 0) {
    std::erase(to_attend_, connection.get());  // the kernel is out of watches: the connection ends here
    return;
  }
  connection->place_ = connections_.size();
  connections_.push_back(std::move(connection));
  if (draining_) connections_.back()->Drain();
}

void EventLoop::Replace(Connection& old, std::unique_ptr<Connection> next, uint32_t events) {
  Connection& successor = *next;
  epoll_event event{.events = kEvents, .data = {.ptr = &successor}};
  CHECK(epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, successor.fd(), &event) == 0);
  StopAttending(old);
  successor.place_ = old.place_;
  buried_.push_back(std::exchange(connections_[old.place_], std::move(next)));
  if (draining_) successor.Drain();
  OrCutOff(successor, [&] { successor.OnEvents(events); });
}

// It must not be attended to in a turn after this one.
void EventLoop::StopAttending(Connection& connection) {
  if (std::exchange(connection.attended_, true)) std::erase(to_attend_, &connection);
}

void EventLoop::Bury(Connection& connection) {
  StopAttending(connection);
  const size_t place = connection.place_;
  buried_.push_back(std::move(connections_[place]));
  if (place + 1 < connections_.size()) {
    connections_[place] = std::move(connections_.back());
    connections_[place]->place_ = place;
  }
  connections_.pop_back();
}

void EventLoop::Drain() {
  draining_ = true;
  // Backwards, because one that ends is replaced in its place by the last.
  for (size_t i = connections_.size(); i > 0; --i) connections_[i - 1]->Drain();
}

void EventLoop::Post(std::function<void()> job) {
  executor_->Post(std::make_unique<Job>(std::move(job)).release());
}

}  // namespace trireme::net
