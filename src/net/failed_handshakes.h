// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"

namespace trireme::net {

// Tells the log of TLS handshakes that failed: one line in ten seconds, so that a flood of them does not become one of
// lines.
//
// Thread-safe.
class FailedHandshakes {
 public:
  // Without a log it says nothing.
  explicit FailedHandshakes(const Logger* log) : log_(log) {}

  void Report(std::string_view peer, std::string_view reason, TimePoint now);

 private:
  const Logger* const log_;
  Mutex mutex_;
  TimePoint quiet_until_ GUARDED_BY(mutex_) = TimePoint::min();
  int64_t untold_ GUARDED_BY(mutex_) = 0;
};

}  // namespace trireme::net
