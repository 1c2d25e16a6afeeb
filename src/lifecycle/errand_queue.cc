// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/errand_queue.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <utility>

#include "base/check.h"

namespace trireme {
namespace {

Status Stopping() {
  return Unavailable("the server is shutting down");
}

timespec TimeUntil(TimePoint until) {
  const auto left = std::max(Duration::zero(), until - Clock::System().Now());
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
  return {.tv_sec = seconds.count(), .tv_nsec = (left - seconds).count()};
}

}  // namespace

size_t BytesOf(const Errand& errand) {
  size_t bytes = errand.instead.config_json.size();
  for (const auto& [name, content] : errand.instead.files) bytes += name.size() + content.size();
  return bytes;
}

ErrandQueue::ErrandQueue(size_t most, size_t most_bytes)
    : most_(most), most_bytes_(most_bytes), bell_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  CHECK(bell_ >= 0);
}

ErrandQueue::~ErrandQueue() {
  close(bell_);
}

void ErrandQueue::Ring() const {
  CHECK(eventfd_write(bell_, 1) == 0);
}

void ErrandQueue::Add(Errand errand) {
  Status refused;
  {
    const MutexLock lock(mutex_);
    if (closed_) {
      refused = Stopping();
    } else if (waiting_.size() >= most_) {
      refused = Overloaded(std::to_string(waiting_.size()) + " loads and unloads wait already; try again later");
    } else if (const size_t bytes = BytesOf(errand);
               waiting_bytes_ > 0 && bytes > most_bytes_ - std::min(most_bytes_, waiting_bytes_)) {
      refused = Overloaded("loads that wait hold " + std::to_string(waiting_bytes_) + " bytes of files, of at most " +
                           std::to_string(most_bytes_) + "; try again later");
    } else {
      waiting_bytes_ += bytes;
      waiting_.push_back(std::move(errand));
      Ring();
    }
  }
  if (!refused.ok()) errand.done(std::move(refused));  // NOLINT(bugprone-use-after-move): it was not moved then
}

std::deque<Errand>::iterator ErrandQueue::FindReady() {
  std::set<std::string> ahead = under_way_;
  return std::find_if(waiting_.begin(), waiting_.end(),
                      [&](const Errand& errand) { return ahead.insert(errand.name).second; });
}

std::optional<Errand> ErrandQueue::TakeReady() {
  const MutexLock lock(mutex_);
  const auto ready = FindReady();
  if (ready == waiting_.end()) return std::nullopt;
  Errand errand = std::move(*ready);
  waiting_.erase(ready);
  waiting_bytes_ -= BytesOf(errand);
  under_way_.insert(errand.name);
  return errand;
}

// Whether the descriptor can be read.
bool ErrandQueue::WaitForBell(TimePoint until, int descriptor) const {
  std::array<pollfd, 2> wanted = {{{.fd = bell_, .events = POLLIN}, {.fd = descriptor, .events = POLLIN}}};
  const timespec left = until == kNever ? timespec{} : TimeUntil(until);
  if (ppoll(wanted.data(), wanted.size(), until == kNever ? nullptr : &left, nullptr) <= 0) return false;
  eventfd_t rung = 0;
  if (wanted[0].revents != 0) static_cast<void>(eventfd_read(bell_, &rung));
  return wanted[1].revents != 0;
}

std::optional<Errand> ErrandQueue::Take(TimePoint until, int descriptor) {
  bool readable = false;
  while (!closed()) {
    if (std::optional<Errand> errand = TakeReady()) return errand;
    if (readable || is_asked_for_look() || (until != kNever && Clock::System().Now() >= until)) break;
    readable = WaitForBell(until, descriptor);
  }
  return std::nullopt;
}

void ErrandQueue::Finished(const std::string& name) {
  const MutexLock lock(mutex_);
  under_way_.erase(name);
  Ring();
}

void ErrandQueue::AskForLook() {
  const MutexLock lock(mutex_);
  asked_for_look_ = true;
  Ring();
}

bool ErrandQueue::TakeAskedForLook() {
  const MutexLock lock(mutex_);
  return std::exchange(asked_for_look_, false);
}

bool ErrandQueue::is_asked_for_look() const {
  const MutexLock lock(mutex_);
  return asked_for_look_;
}

void ErrandQueue::Close() {
  std::deque<Errand> unanswered;
  {
    const MutexLock lock(mutex_);
    closed_ = true;
    unanswered.swap(waiting_);
    waiting_bytes_ = 0;
    Ring();
  }
  for (Errand& errand : unanswered) errand.done(Stopping());
}

bool ErrandQueue::closed() const {
  const MutexLock lock(mutex_);
  return closed_;
}

}  // namespace trireme
