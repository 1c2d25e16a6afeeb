// SPDX-License-Identifier: Apache-2.0
#include "net/failed_handshakes.h"

#include <chrono>
#include <utility>

namespace trireme::net {

void FailedHandshakes::Report(std::string_view peer, std::string_view reason, TimePoint now) {
  constexpr std::chrono::seconds kQuiet{10};
  if (log_ == nullptr) return;
  int64_t untold = 0;
  {
    const MutexLock lock(mutex_);
    if (now < quiet_until_) {
      ++untold_;
      return;
    }
    quiet_until_ = now + kQuiet;
    untold = std::exchange(untold_, 0);
  }
  log_->Info("a TLS handshake failed", {{"peer", peer}, {"reason", reason}, {"others_since_the_last_line", untold}});
}

}  // namespace trireme::net
