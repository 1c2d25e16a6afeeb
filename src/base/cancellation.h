// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>

namespace trireme {

// Whether the client still wants the answer. Copies share one flag: the connection sets it, whoever holds the request
// looks before doing work. Thread-safe. A default one can never be cancelled and costs nothing.
class Cancellation {
 public:
  Cancellation() = default;
  static Cancellation Make() {
    Cancellation made;
    made.flag_ = std::make_shared<std::atomic<bool>>(false);
    return made;
  }

  void Cancel() const {
    if (flag_) flag_->store(true, std::memory_order_relaxed);
  }
  bool cancelled() const { return flag_ && flag_->load(std::memory_order_relaxed); }

 private:
  std::shared_ptr<std::atomic<bool>> flag_;  // shared by connection and request; orders nothing but itself
};

}  // namespace trireme
