// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory_pool.h"
#include "base/status.h"
#include "net/grpc_handler.h"
#include "net/http_handler.h"

namespace trireme::net {

class ByteBudget;
class TlsCertificates;

// Bounds on what a peer may send or hold. Each is named in the answer that it causes.
struct HttpLimits {
  size_t max_head_bytes = 16 << 10;                       // request line and headers: 431
  size_t max_headers = 100;                               // 431
  uint64_t max_body_bytes = 64 << 20;                     // 413; a handler may plan less, never more
  size_t max_connections = 1024;                          // of all listeners together, but for those with their own:
                                                          // one more is closed with 503
  uint64_t max_body_bytes_in_flight = uint64_t{2} << 30;  // of large bodies and unsent answers, all connections: 503
  std::chrono::milliseconds head_timeout{10'000};         // from the first byte of a head to its last: 408
  std::chrono::milliseconds idle_timeout{75'000};         // between requests: closed in silence
  std::chrono::milliseconds stall_timeout{20'000};        // a body or a response that makes no progress: 408, or closed
  uint64_t min_body_bytes_per_second = 1024;  // a body slower than this on average, after stall_timeout: 408
  size_t max_unsent_bytes = 8 << 20;  // of a chunked response that its reader has not taken when more comes: closed
};

// Bounds on an HTTP/2 connection. Over one of the first group a stream is refused; over one of the second the
// connection is closed with ENHANCE_YOUR_CALM (RFC 9113 section 10.5).
struct Http2Limits {
  uint32_t max_concurrent_streams = 1024;       // of a connection
  uint32_t stream_window_bytes = 1 << 20;       // that a client may send ahead on one stream
  uint32_t connection_window_bytes = 16 << 20;  // on all streams of a connection together

  // In any minute, of a connection:
  uint32_t max_resets = 1000;   // streams reset by the client before they were answered
  uint32_t max_pings = 1000;    // pings beyond one for each answer
  uint32_t max_settings = 100;  // SETTINGS frames
  // Frames that say nothing: DATA without bytes or end, window updates beyond need, resets of streams that are over.
  uint32_t max_empty_frames = 1000;

  std::chrono::milliseconds keepalive_time{7'200'000};    // without a frame for so long, the client is pinged
  std::chrono::milliseconds keepalive_timeout{20'000};    // and closed if it does not answer within that
  std::chrono::milliseconds max_connection_age{0};        // then GOAWAY; 0: no bound
  std::chrono::milliseconds max_connection_age_grace{0};  // for streams to end after it; 0: no bound
};

struct NetOptions {
  int loops = 2;
  HttpLimits limits;
  Http2Limits http2;
  // Of limits.max_body_bytes_in_flight bytes, for whoever asks what is taken of it; outlives the network. Null: one of
  // its own.
  ByteBudget* bodies = nullptr;
  // Runs a job that would hold a loop up on another thread; false: too many wait already. Empty: jobs run on the loop.
  std::function<bool(std::function<void()>)> offload;
  bool grpc_compression = false;  // of gRPC's answers, to clients that take gzip; small ones stay as they are
  std::string server_name;        // the Server header; none if empty
};

// What the network did since the start; read at any time by any thread.
struct NetCounters {
  std::atomic<uint64_t> connections_accepted = 0;  // lone counters: they order nothing
  std::atomic<uint64_t> connections_refused = 0;
  std::atomic<int64_t> connections_open = 0;
  std::atomic<uint64_t> tls_handshakes = 0;  // that succeeded
  std::atomic<uint64_t> tls_handshakes_failed = 0;
  std::atomic<uint64_t> requests = 0;
  std::atomic<uint64_t> bad_requests = 0;  // answered by the connection itself: grammar, limits, time-outs
  std::atomic<int64_t> http2_streams_open = 0;
  std::atomic<uint64_t> http2_connections_ended = 0;  // for what the client did: floods, broken frames, time-outs
  std::atomic<uint64_t> bytes_in = 0;
  std::atomic<uint64_t> bytes_out = 0;
};

// Where to listen: a TCP port, or a Unix socket.
struct ListenAddress {
  std::string host;                   // a numeric address or a name: "127.0.0.1", "::1", "localhost"
  uint16_t port = 0;                  // 0: any free one
  std::filesystem::path unix_socket;  // if not empty, instead of host and port; what a dead server left is replaced
  uint32_t unix_mode = 0600;          // of the socket's file
  bool unix_owner_only = false;       // whoever connects must be this process's user or root, whatever the file allows
};

// Who answers what arrives at an address. All of it outlives the network.
struct Reception {
  HttpHandler* http = nullptr;           // never null
  GrpcHandler* grpc = nullptr;           // null: gRPC calls are answered UNIMPLEMENTED
  const TlsCertificates* tls = nullptr;  // null: in the clear
  // So many connections that nobody else can take, beside those that listeners share; 0: it shares them.
  size_t own_connections = 0;
};

// The loops, their connections, and an acceptor thread that hands connections to the loops round robin. A connection
// lives and dies on its loop.
//
// A listener is an address and the handler of what arrives there. Start, Listen and Stop are called by one thread
// (control).
class Network {
 public:
  Network(NetOptions options, MemoryPool& pool, const Logger& log);
  ~Network();  // Stop(now), then joins every thread
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  // Opens an address; the port that was bound, 0 for a Unix socket. `handler` must outlive the network. Errors name
  // address and reason.
  //
  // HTTP/1.1 and HTTP/2 are told apart on each connection, by ALPN or by the first bytes (RFC 9113 section 3.4).
  Result<uint16_t> Listen(const ListenAddress& address, const Reception& reception);
  Result<uint16_t> Listen(const ListenAddress& address, HttpHandler& handler) {
    return Listen(address, Reception{.http = &handler});
  }

  // No new connections; idle ones are closed at once; the others end after the answer they owe, with "Connection:
  // close". Returns when all are gone or at `until`, when what is left is cut off; false in the latter case.
  bool Stop(TimePoint until);

  const NetCounters& counters() const;

  // Time of a processor that each loop has used so far. On any thread.
  std::vector<Duration> LoopTimes() const;

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

}  // namespace trireme::net
