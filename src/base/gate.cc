// SPDX-License-Identifier: Apache-2.0
#include "base/gate.h"

#include "base/check.h"

namespace trireme {

Gate::Pass& Gate::Pass::operator=(Pass&& other) noexcept {
  if (this != &other) {
    Leave();
    gate_ = other.gate_;
    other.gate_ = nullptr;
  }
  return *this;
}

void Gate::Pass::Leave() {
  if (gate_ != nullptr) gate_->Leave();
  gate_ = nullptr;
}

Gate::~Gate() {
  CHECK(inside() == 0);
}

Gate::Pass Gate::Enter() {
  const MutexLock lock(mutex_);
  if (closed_) return {};
  ++inside_;
  return Pass(this);
}

void Gate::Close() {
  const MutexLock lock(mutex_);
  closed_ = true;
}

bool Gate::WaitUntilEmpty(std::chrono::steady_clock::time_point until) {
  const MutexLock lock(mutex_);
  while (inside_ > 0) {
    if (until == std::chrono::steady_clock::time_point::max()) {
      empty_.Wait(mutex_);
    } else {
      if (std::chrono::steady_clock::now() >= until) return false;
      empty_.WaitUntil(mutex_, until);
    }
  }
  return true;
}

int64_t Gate::inside() const {
  const MutexLock lock(mutex_);
  return inside_;
}

void Gate::Leave() {
  // Notified under the lock: the owner may destroy the gate as soon as it sees it empty.
  const MutexLock lock(mutex_);
  if (--inside_ == 0) empty_.NotifyAll();
}

}  // namespace trireme
