// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/mutex.h"

namespace trireme {

// Counts what is inside, and lets an owner wait until nobody is.
//
// Enter() after Close() returns an empty Pass: the caller answers kUnavailable.
// Thread-safe. Destroying a Gate with a Pass still out is a bug and aborts.
class Gate {
 public:
  // The right to be inside; leaves when destroyed.
  class Pass {
   public:
    Pass() = default;
    Pass(Pass&& other) noexcept : gate_(other.gate_) { other.gate_ = nullptr; }
    Pass& operator=(Pass&& other) noexcept;
    ~Pass() { Leave(); }

    explicit operator bool() const { return gate_ != nullptr; }

   private:
    friend class Gate;
    explicit Pass(Gate* gate) : gate_(gate) {}
    void Leave();

    Gate* gate_ = nullptr;
  };

  Gate() = default;
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  ~Gate();

  Pass Enter();

  // From now on nobody enters.
  void Close();

  // Returns when nobody is inside (true) or `until` has passed (false). Call Close() first.
  bool WaitUntilEmpty(std::chrono::steady_clock::time_point until = std::chrono::steady_clock::time_point::max());

  int64_t inside() const;

 private:
  void Leave();

  mutable Mutex mutex_;
  CondVar empty_;
  int64_t inside_ GUARDED_BY(mutex_) = 0;
  bool closed_ GUARDED_BY(mutex_) = false;
};

}  // namespace trireme
