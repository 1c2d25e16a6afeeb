// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <thread>

#include "base/mutex.h"

namespace trireme {

// A thread that does something now and then, the first time one interval after the start. The destructor waits for what
// it is just doing, and for nothing else.
class Refresher {
 public:
  Refresher(std::chrono::milliseconds interval, std::function<void()> job);
  ~Refresher();
  Refresher(const Refresher&) = delete;
  Refresher& operator=(const Refresher&) = delete;

 private:
  void Work();
  bool IsClosingAfter(std::chrono::milliseconds interval);

  const std::chrono::milliseconds interval_;
  const std::function<void()> job_;
  Mutex mutex_;
  CondVar changed_;
  bool closing_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace trireme
