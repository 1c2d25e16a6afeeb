// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>
#include <thread>

#include "base/log.h"
#include "base/mutex.h"
#include "net/grpc_handler.h"
#include "net/http_handler.h"
#include "net/http_message.h"

namespace trireme {

// One line a request: method, path, status, bytes, milliseconds, request id, the stages of an inference, and who asked:
// the name of his key or certificate, also where he was refused what he asked for, and nothing where nobody is asked. A
// gRPC call has the name of its gRPC status instead, and is written when it ends.
//
// A thread of its own writes; the loops never wait for a disk or a pipe. If the writer falls behind, lines are dropped
// and counted. Thread-safe.
class AccessLogWriter {
 public:
  // Writes to `fd`, which it does not own.
  AccessLogWriter(int fd, Logger::Form form);
  ~AccessLogWriter();  // writes what is left
  AccessLogWriter(const AccessLogWriter&) = delete;
  AccessLogWriter& operator=(const AccessLogWriter&) = delete;

  // A request that has been answered.
  void Write(const net::HttpRequest& request, std::string_view principal, const net::HttpResponse& response);

  // A gRPC call that was refused at its head.
  void Write(const net::HttpRequest& head, std::string_view principal, const net::GrpcStatus& status);

  // A reply that writes its line when it is answered, around `reply`. On the loop's thread.
  net::HttpReply Watch(const net::HttpRequest& request, std::string_view principal, net::HttpReply reply);
  net::GrpcReply Watch(const net::HttpRequest& head, std::string_view principal, net::GrpcReply reply);

  uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  friend class WatchedReply;
  friend class WatchedGrpcReply;
  void Enqueue(std::string line);
  void Work();

  static constexpr size_t kMaxWaitingBytes = 4 << 20;

  const int fd_;
  const Logger::Form form_;
  std::atomic<uint64_t> dropped_ = 0;  // a lone counter
  Mutex mutex_;
  CondVar changed_;
  std::string waiting_ GUARDED_BY(mutex_);
  bool closing_ GUARDED_BY(mutex_) = false;
  std::thread writer_;
};

}  // namespace trireme
