// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "net/event_loop.h"
#include "net/grpc_handler.h"
#include "net/grpc_message.h"
#include "net/http_message.h"
#include "net/network_state.h"

namespace trireme::net {

using Http2Headers = std::vector<std::pair<std::string, std::string>>;  // names in lower case

// One stream of an HTTP/2 connection, seen from who serves it. What is said here is sent at the end of the loop's turn,
// together with what the other streams say. On the loop's thread only.
class Http2Stream {
 public:
  virtual ~Http2Stream() = default;

  // The response's head; `end`: and nothing more. Once.
  virtual void SendHead(int status, Http2Headers headers, bool end) = 0;

  // A piece of the response's body, in order. Text is taken over, inserts are sent from where they lie.
  virtual void SendData(GrpcPayload data) = 0;

  // The end of the body, with trailers if there are any. Without a SendHead() before: a head that is the end as well
  // (gRPC's "Trailers-Only"), with status 200.
  virtual void SendEnd(Http2Headers trailers) = 0;

  // "100 Continue", before SendHead().
  virtual void SendContinue() {}

  // Breaks the stream off (RFC 9113 section 7: 0x8 CANCEL, 0x2 INTERNAL_ERROR, 0x0 NO_ERROR: "I need no more of your
  // body", after a complete answer).
  virtual void Reset(uint32_t error_code) = 0;

  // So many bytes of the request's body have been used up: the client may send as many more.
  virtual void Consume(size_t bytes) = 0;

  // Bytes that wait to be sent: the client does not take them as fast as they come.
  virtual size_t unsent_bytes() const = 0;

  // OnDeadline() of its server is called then; replaces an earlier wish.
  virtual void SetDeadline(TimePoint deadline) = 0;

  virtual EventLoop& loop() = 0;
  virtual NetworkState& network() = 0;
};

// Serves one stream: an HTTP request, or a gRPC call. Made when the head is complete; destroyed when the answer has
// been sent and nothing more of the request is wanted, or when the stream was reset or lost its connection. On the
// loop's thread.
class Http2StreamServer {
 public:
  virtual ~Http2StreamServer() = default;

  // A piece of the request's body; counts against the client's window until it is Consume()d.
  virtual void OnData(std::span<const std::byte> bytes) = 0;
  // The request is whole.
  virtual void OnEnd() = 0;
  // Its deadline has passed.
  virtual void OnDeadline(TimePoint now) = 0;
  // Some of the response has gone out, unsent_bytes() is smaller.
  virtual void OnSent() = 0;
  // The stream is over before its answer was complete: nobody hears what is said from now on. Destroyed next.
  virtual void OnGone() = 0;
};

// Makes the server of a stream from its head. `end`: there is no body. `stream` outlives the server. The head owns what
// it views.
std::unique_ptr<Http2StreamServer> ServeGrpcCall(Http2Stream& stream, GrpcHandler& handler, HttpRequest head, bool end);
std::unique_ptr<Http2StreamServer> ServeHttpRequest(Http2Stream& stream, HttpHandler& handler, HttpRequest head,
                                                    bool end);

}  // namespace trireme::net
