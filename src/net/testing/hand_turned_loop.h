// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/memory_pool.h"
#include "base/testing/manual_clock.h"
#include "net/event_loop.h"
#include "net/file_descriptor.h"
#include "net/http_handler.h"
#include "net/network_state.h"
#include "net/response_encoder.h"

namespace trireme::net {

// The far end of a connection to a HandTurnedLoop.
class TestClient {
 public:
  TestClient(EventLoop& loop, FileDescriptor socket) : loop_(loop), socket_(std::move(socket)) {}

  // Sends all of it, and lets the loop take its turns.
  void Send(std::string_view bytes);
  // Everything that has come in by now; remembers whether the server has closed.
  std::string Receive();
  // Sends, then receives.
  std::string Ask(std::string_view bytes);

  void FinishSending();
  void HangUp() { socket_.Close(); }
  bool closed_by_server() const { return closed_by_server_; }
  int fd() const { return socket_.get(); }

 private:
  EventLoop& loop_;
  FileDescriptor socket_;
  bool closed_by_server_ = false;
};

// A loop without a thread, on a clock that is turned by hand, with connections over socket pairs: what a test sends has
// arrived when Send() returns, and time passes when the test says so.
class HandTurnedLoop {
 public:
  // What `reception` names must outlive it.
  explicit HandTurnedLoop(const Reception& reception, NetOptions options = {});
  explicit HandTurnedLoop(HttpHandler& handler, NetOptions options = {})
      : HandTurnedLoop(Reception{.http = &handler}, std::move(options)) {}

  // As if it had just been accepted: what it speaks shows when it sends.
  TestClient Connect();
  void Turn();
  void Advance(Duration by);

  EventLoop& loop() { return loop_; }
  const NetCounters& counters() const { return network_.counters; }
  MemoryPool& pool() { return pool_; }
  NetworkState& network() { return network_; }

 private:
  const Reception reception_;
  ManualClock clock_;
  MemoryPool pool_;
  NetworkState network_;
  ResponseEncoder encoder_;
  EventLoop loop_;
};

}  // namespace trireme::net
