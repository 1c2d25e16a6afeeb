// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

namespace trireme::client {

// Tells those who wait for sockets that nobody wants any more what they wait for: they poll its descriptor beside
// theirs. Goes one way. Thread-safe.
class StopSignal {
 public:
  StopSignal();  // for what cannot go on without: ends the process where the system gives no descriptor
  // Null: the system gives none.
  static std::unique_ptr<StopSignal> Make();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  void Stop() const;
  bool stopped() const;
  int fd() const { return fd_; }  // can be read once it is stopped

 private:
  explicit StopSignal(int fd) : fd_(fd) {}

  const int fd_;
};

}  // namespace trireme::client
