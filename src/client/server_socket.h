// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/status.h"
#include "client/endpoint.h"
#include "client/tls_client.h"

namespace trireme::client {

// A socket to a server that never blocks: it connects, shakes hands where there is TLS, then carries bytes.
//
// Single-threaded. Errors are kUnavailable and say what was being done.
class ServerSocket {
 public:
  enum class Io : uint8_t {
    kDone,     // connected, or some bytes
    kBlocked,  // poll fd(), for writing too if WantsWrite()
    kEnd,      // the server says nothing more (reading only)
    kRefused,  // the server reads no more, but what it said before may still be read (writing only)
    kBroken,   // error() says why
  };
  struct Moved {
    Io io = Io::kBlocked;
    size_t bytes = 0;      // with kDone
    bool drained = false;  // with kDone, reading: nothing more is to be had until the next event
  };

  ServerSocket() = default;
  ServerSocket(const ServerSocket&) = delete;
  ServerSocket& operator=(const ServerSocket&) = delete;
  ~ServerSocket() { Close(); }

  // Begins to connect; `protocol` is offered by ALPN. The errors come here or from Connect().
  Status Open(const Endpoint& endpoint, TlsProtocol protocol);
  void Close();
  bool is_open() const { return fd_ >= 0; }
  int fd() const { return fd_; }

  // Goes on connecting. kDone, kBlocked or kBroken.
  Io Connect();
  bool is_connected() const { return is_open() && !connecting_ && !tls_begins_; }
  bool WantsWrite() const { return connecting_ || tls_wants_write_; }

  // Once it is connected. `room` is not empty.
  Moved Read(std::span<char> room);
  // As many of the pieces as it takes, from the first on. What it did not take must be offered again, unchanged.
  Moved Write(std::span<const iovec> pieces);

  const Status& error() const { return error_; }

 private:
  Io Break(const char* what, int error);
  Io Shake();
  Moved ReadTls(std::span<char> room);
  Moved WriteTls(std::span<const iovec> pieces);

  int fd_ = -1;
  bool connecting_ = false;
  bool tls_begins_ = false;
  bool tls_wants_write_ = false;
  std::unique_ptr<TlsStream> tls_;
  Status error_;
};

}  // namespace trireme::client
