// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/memory_pool.h"
#include "base/testing/manual_clock.h"
#include "net/event_loop.h"
#include "net/http2_stream.h"
#include "net/network_state.h"

namespace trireme::net {

// What the streams of a test live on: a loop without a thread on a clock that is turned by hand.
class FakeHttp2Connection {
 public:
  explicit FakeHttp2Connection(NetOptions options = {});
  ~FakeHttp2Connection();

  EventLoop& loop() { return loop_; }
  NetworkState& network() { return network_; }
  MemoryPool& pool() { return pool_; }

  // Runs what was posted.
  void Turn() { loop_.Turn(/*may_wait=*/false); }
  void Advance(Duration by);

 private:
  ManualClock clock_;
  MemoryPool pool_;
  NetworkState network_;
  EventLoop loop_;
};

// A stream that keeps what its server says. A test is the client: it says Data(), End(), Gone(), and looks at what
// came.
class FakeHttp2Stream final : public Http2Stream {
 public:
  explicit FakeHttp2Stream(FakeHttp2Connection& connection) : connection_(connection) {}

  // A POST of application/grpc with these headers beside; they replace those of the same name.
  static HttpRequest Head(std::vector<std::pair<std::string, std::string>> headers = {},
                          std::string path = "/test.Service/Method");

  // The client's part. Open() first.
  void Open(GrpcHandler& handler, HttpRequest head, bool end = false);
  void Data(std::string_view bytes);
  void End();
  void Gone();                         // reset, or the connection is lost
  void PassTime(Duration by);          // and tells the server if its deadline has passed
  void Take(size_t bytes = SIZE_MAX);  // of what was sent; nothing is taken unless a test says so
  void Destroy() { server_.reset(); }

  // What the server said.
  int status = 0;        // of the head
  Http2Headers headers;  // of the head
  std::string data;      // all of the body
  Http2Headers trailers;
  bool ended = false;
  std::optional<uint32_t> reset;
  size_t consumed = 0;
  TimePoint deadline = kNever;
  int words_after_end = 0;  // must stay 0

  // "grpc-status" and "grpc-message", wherever they came; -1 if there is none.
  int grpc_status() const;
  std::string grpc_message() const { return Find("grpc-message"); }
  std::string Find(std::string_view name) const;  // in trailers or headers; empty if nowhere

  void SendHead(int sent_status, Http2Headers sent_headers, bool end) override;
  void SendData(GrpcPayload piece) override;
  void SendEnd(Http2Headers sent_trailers) override;
  void Reset(uint32_t error_code) override;
  void Consume(size_t bytes) override { consumed += bytes; }
  size_t unsent_bytes() const override { return unsent_; }
  void SetDeadline(TimePoint wish) override { deadline = wish; }
  EventLoop& loop() override { return connection_.loop(); }
  NetworkState& network() override { return connection_.network(); }

 private:
  FakeHttp2Connection& connection_;
  std::unique_ptr<Http2StreamServer> server_;
  size_t unsent_ = 0;
};

}  // namespace trireme::net
