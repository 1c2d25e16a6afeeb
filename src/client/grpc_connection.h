// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "client/endpoint.h"
#include "client/grpc_call.h"

namespace trireme::client {

// A message as it travels, in two pieces: its prefix (GrpcPrefix) and what else differs from one message to the next,
// then the rest. Both must live until the connection is closed.
struct GrpcBytes {
  std::string_view head;
  std::string_view body;
};

// What a connection tells of its calls, by the numbers that they were begun with. Called from within Drive(), Start()
// and Send(), and may begin, continue and cancel calls; but not open or close the connection.
class GrpcListener {
 public:
  virtual ~GrpcListener() = default;
  // `message` is what was kept of it, good during the call.
  virtual void OnMessage(size_t call, std::string_view message, uint64_t message_bytes) = 0;
  // The call is over, its number free. Not called for one that was cancelled.
  virtual void OnEnd(size_t call, const GrpcEnd& end) = 0;
};

// One HTTP/2 connection (RFC 9113) that carries several gRPC calls at a time and never blocks; whoever polls its socket
// calls Drive() when it is ready.
//
//   connection.Open(endpoint);
//   connection.Start(0, head);            // call 0 of those it was made for
//   connection.Send(0, message, true);    // and that is all: a unary call
//   loop: poll fd() for reading, and for writing if connection.WantsWrite(), then connection.Drive(buffer)
//
// Sends without copying what is large, and takes answers as fast as they come. Single-threaded.
class GrpcConnection {
 public:
  struct Options {
    size_t calls = 1;                                // at a time, numbered from 0
    size_t most_kept = SIZE_MAX;                     // of each answered message
    uint64_t max_message_bytes = uint64_t{1} << 31;  // of an answer: more ends the call
  };

  // `listener` outlives it.
  GrpcConnection(Options options, GrpcListener& listener);
  ~GrpcConnection();
  GrpcConnection(const GrpcConnection&) = delete;
  GrpcConnection& operator=(const GrpcConnection&) = delete;

  // Begins to connect. The errors of connecting come here or from Drive().
  Status Open(const Endpoint& endpoint);
  // Calls under way end in silence.
  void Close();
  bool is_open() const;
  int fd() const;
  bool WantsWrite() const;

  // Whether Start() may follow: it is open, and the server has not said that it will close.
  bool takes_calls() const;
  bool is_idle() const;  // no call is under way

  // Begins a call, which waits where the server allows no more at a time. `head` outlives it.
  void Start(size_t call, const GrpcHead& head);
  // Adds a message; `last`: the call will send nothing more.
  void Send(size_t call, const GrpcBytes& message, bool last);
  void SendEnd(size_t call);
  // Ends a call without waiting; nothing more is told of it.
  void Cancel(size_t call);
  // Whether the call is under way.
  bool is_active(size_t call) const;

  // Sends what Start(), Send() and Cancel() left to be sent, as far as the socket allows. Not from within a listener:
  // Drive() does it at its end. False: as Drive().
  bool Flush();

  // Goes on as far as the socket allows. `scratch` is used for receiving, during the call only. False: the connection
  // is closed, every call was ended with UNAVAILABLE, and error() says why.
  bool Drive(std::span<char> scratch);

  uint64_t bytes_received() const;  // since it was made
  const Status& error() const;

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

}  // namespace trireme::client
