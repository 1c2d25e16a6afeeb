// SPDX-License-Identifier: Apache-2.0
#include "bench/interrupts.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace trireme::bench {

Interrupts::Interrupts() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, &before_);
  fd_ = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

Interrupts::~Interrupts() {
  // What arrived has had its effect; unblocked with it pending, the process would die of it.
  signalfd_siginfo taken;
  while (fd_ >= 0 && read(fd_, &taken, sizeof taken) > 0) {
  }
  if (fd_ >= 0) close(fd_);
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

bool Interrupts::has_come() const {
  pollfd polled = {.fd = fd_, .events = POLLIN, .revents = 0};
  return poll(&polled, 1, 0) > 0;
}

}  // namespace trireme::bench
