// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/errand_queue.h"

#include <algorithm>
#include <utility>

namespace trireme {
namespace {

Status Stopping() {
  return Unavailable("the server is shutting down");
}

}  // namespace

size_t BytesOf(const Errand& errand) {
  size_t bytes = errand.instead.config_json.size();
  for (const auto& [name, content] : errand.instead.files) bytes += name.size() + content.size();
  return bytes;
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
      changed_.NotifyAll();
    }
  }
  if (!refused.ok()) errand.done(std::move(refused));  // NOLINT(bugprone-use-after-move): it was not moved then
}

std::deque<Errand>::iterator ErrandQueue::FindReady() {
  std::set<std::string> ahead = under_way_;
  return std::find_if(waiting_.begin(), waiting_.end(),
                      [&](const Errand& errand) { return ahead.insert(errand.name).second; });
}

std::optional<Errand> ErrandQueue::Take(TimePoint until) {
  const MutexLock lock(mutex_);
  while (!closed_) {
    if (const auto ready = FindReady(); ready != waiting_.end()) {
      Errand errand = std::move(*ready);
      waiting_.erase(ready);
      waiting_bytes_ -= BytesOf(errand);
      under_way_.insert(errand.name);
      return errand;
    }
    if (until == kNever) {
      changed_.Wait(mutex_);
    } else if (Clock::System().Now() < until) {
      changed_.WaitUntil(mutex_, until);
    } else {
      break;
    }
  }
  return std::nullopt;
}

void ErrandQueue::Finished(const std::string& name) {
  const MutexLock lock(mutex_);
  under_way_.erase(name);
  changed_.NotifyAll();
}

void ErrandQueue::Close() {
  std::deque<Errand> unanswered;
  {
    const MutexLock lock(mutex_);
    closed_ = true;
    unanswered.swap(waiting_);
    waiting_bytes_ = 0;
    changed_.NotifyAll();
  }
  for (Errand& errand : unanswered) errand.done(Stopping());
}

bool ErrandQueue::closed() const {
  const MutexLock lock(mutex_);
  return closed_;
}

}  // namespace trireme
