// SPDX-License-Identifier: Apache-2.0
#include "server/refresher.h"

#include <new>
#include <utility>

#include "base/clock.h"
#include "base/thread_pool.h"

namespace trireme {

Refresher::Refresher(std::chrono::milliseconds interval, std::function<void()> job)
    : interval_(interval), job_(std::move(job)), thread_([this] { Work(); }) {}

Refresher::~Refresher() {
  {
    const MutexLock lock(mutex_);
    closing_ = true;
  }
  changed_.NotifyAll();
  thread_.join();
}

void Refresher::Work() {
  NameThisThread("refresher");
  while (!IsClosingAfter(interval_)) {
    try {
      job_();
    } catch (const std::bad_alloc&) {
      // The next time, then.
    }
  }
}

bool Refresher::IsClosingAfter(std::chrono::milliseconds interval) {
  const TimePoint until = Clock::System().Now() + interval;
  const MutexLock lock(mutex_);
  while (!closing_ && Clock::System().Now() < until) changed_.WaitUntil(mutex_, until);
  return closing_;
}

}  // namespace trireme
