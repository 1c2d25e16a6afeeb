// SPDX-License-Identifier: Apache-2.0
#include "client/stop_signal.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/check.h"

namespace trireme::client {

StopSignal::StopSignal() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  CHECK(fd_ >= 0);
}

StopSignal::~StopSignal() {
  close(fd_);
}

void StopSignal::Stop() const {
  eventfd_write(fd_, 1);  // it fails where it was stopped more often than can be counted
}

bool StopSignal::stopped() const {
  pollfd waiting = {.fd = fd_, .events = POLLIN, .revents = 0};
  return poll(&waiting, 1, 0) > 0;
}

}  // namespace trireme::client
