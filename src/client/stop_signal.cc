// SPDX-License-Identifier: Apache-2.0
#include "client/stop_signal.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/check.h"

namespace trireme::client {

StopSignal::StopSignal() : StopSignal(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  CHECK(fd_ >= 0);
}

std::unique_ptr<StopSignal> StopSignal::Make() {
  const int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) return nullptr;
  try {
    return std::unique_ptr<StopSignal>(new StopSignal(fd));  // NOLINT: make_unique cannot see the constructor
  } catch (...) {
    close(fd);
    throw;
  }
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
