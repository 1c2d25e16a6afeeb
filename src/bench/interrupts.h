// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>

namespace trireme::bench {

// SIGINT and SIGTERM as something to poll for, as long as it lives. They are blocked meanwhile, so there must be no
// other thread that would take them.
class Interrupts {
 public:
  Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;
  ~Interrupts();

  int fd() const { return fd_; }  // readable once one has come
  bool has_come() const;

 private:
  sigset_t before_;
  int fd_ = -1;
};

}  // namespace trireme::bench
