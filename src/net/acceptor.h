// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"
#include "net/door.h"
#include "net/file_descriptor.h"
#include "net/listening_socket.h"

namespace trireme::net {

// A thread that accepts connections of any number of listening sockets and hands each on.
//
// Add() and Stop() are called by one thread, the same; `on_accept` is called on the acceptor's.
class Acceptor {
 public:
  // A connection that does not block, whom it came from, and where it came in.
  using OnAccept = std::function<void(FileDescriptor socket, std::string peer, Door& door)>;

  Acceptor(OnAccept on_accept, const Logger& log);
  ~Acceptor();  // stops
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  // `door` must outlive the acceptor.
  void Add(ListeningSocket socket, Door& door);

  // Accepts what has already arrived, then closes every listening socket and returns.
  void Stop();

 private:
  struct Listener {
    ListeningSocket socket;
    Door* door;
  };

  void Run();
  void AcceptAll(const Listener& listener);
  bool AcceptOne(const Listener& listener);
  void WaitForDescriptors();

  const OnAccept on_accept_;
  const Logger& log_;
  FileDescriptor epoll_;
  FileDescriptor stop_bell_;
  std::atomic<bool> stopping_ = false;  // a lone flag; the bell wakes the thread up to look at it
  std::vector<std::unique_ptr<Listener>>
      listeners_;  // of the thread that calls Add() and Stop(); epoll has their addresses
  std::thread thread_;
};

}  // namespace trireme::net
