// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/memory_pool.h"
#include "base/testing/manual_clock.h"
#include "net/event_loop.h"
#include "net/file_descriptor.h"
#include "net/http2_stream.h"
#include "net/listener.h"
#include "net/network_state.h"
#include "net/response_encoder.h"

namespace trireme::net {

// A loop without a thread, on a clock that is turned by hand, for HTTP/2 connections over socket pairs.
class Http2TestLoop {
 public:
  explicit Http2TestLoop(const Reception& reception, NetOptions options = {});

  // The client's end of a new connection.
  FileDescriptor Connect();

  void Turn();
  void Advance(Duration by);

  EventLoop& loop() { return loop_; }
  NetworkState& network() { return network_; }
  const NetCounters& counters() const { return network_.counters; }

 private:
  const Reception reception_;
  ManualClock clock_;
  MemoryPool pool_;
  NetworkState network_;
  ResponseEncoder encoder_;
  EventLoop loop_;
};

// A client of HTTP/2 (nghttp2's) that does what a test says, and remembers what it heard. What it sends has arrived,
// and what was answered has been heard, when a function returns.
class TestHttp2Client {
 public:
  struct Options {
    bool returns_window = true;  // as it hears, by itself
    uint32_t stream_window = 65'535;
    uint32_t max_frame_size = 16'384;
  };
  struct Response {
    int status = 0;
    std::vector<int> informational;
    Http2Headers headers;
    Http2Headers trailers;
    std::string body;
    bool ended = false;                     // its end was told
    std::optional<uint32_t> stream_closed;  // the stream is over, with this error code (0: well)

    std::string header(std::string_view name) const;
    std::string trailer(std::string_view name) const;
  };
  struct GoAway {
    int32_t last_stream = 0;
    uint32_t error = 0;
    std::string text;
  };

  explicit TestHttp2Client(Http2TestLoop& loop) : TestHttp2Client(loop, Options()) {}
  TestHttp2Client(Http2TestLoop& loop, const Options& options);
  TestHttp2Client(const TestHttp2Client&) = delete;
  TestHttp2Client& operator=(const TestHttp2Client&) = delete;

  // Begins a request, and returns its stream; `end`: with all of its body.
  int32_t Begin(const std::string& method, const std::string& path, Http2Headers headers = {}, std::string body = {},
                bool end = true);
  int32_t Get(const std::string& path) { return Begin("GET", path); }
  int32_t Post(const std::string& path, std::string body) { return Begin("POST", path, {}, std::move(body)); }
  // As Begin(), without telling the server yet.
  int32_t Prepare(const std::string& method, const std::string& path, Http2Headers headers = {}, std::string body = {},
                  bool end = true);
  void SendBody(int32_t id, std::string more, bool end);
  void Reset(int32_t id, uint32_t error = NGHTTP2_CANCEL);
  void Ping();
  void ChangeSettings();                         // to what they are
  void ReturnWindow(int32_t id, int32_t bytes);  // 0: the connection's

  // Bytes, behind what the session has said.
  void SendRaw(std::string_view bytes);
  // From now on what the server sends stays in the socket, and it is not told anything by the session itself.
  void Freeze(bool frozen) { frozen_ = frozen; }
  void Settle();
  void HangUp() { socket_.Close(); }
  void FinishSending();

  const Response& response(int32_t id) { return responses_[id]; }
  const std::vector<GoAway>& goaways() const { return goaways_; }
  bool closed_by_server() const { return closed_by_server_; }
  int pings_answered() const { return pings_answered_; }
  int pings_received() const { return pings_received_; }
  nghttp2_session* session() { return session_.get(); }
  uint32_t server_setting(nghttp2_settings_id id) { return nghttp2_session_get_remote_settings(session_.get(), id); }
  // All bytes that were sent so far, for a corpus.
  const std::string& sent() const { return sent_; }

 private:
  struct Callbacks;
  friend struct Callbacks;
  struct Deleter {
    void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
  };
  struct Body {
    std::string text;
    size_t sent = 0;
    bool end = true;
  };

  bool Pump();
  bool Write();
  bool Read();

  Http2TestLoop& loop_;
  FileDescriptor socket_;
  std::unique_ptr<nghttp2_session, Deleter> session_;
  std::map<int32_t, Body> bodies_;
  std::map<int32_t, Response> responses_;
  std::vector<GoAway> goaways_;
  std::string unsent_;
  std::string sent_;
  bool frozen_ = false;
  bool closed_by_server_ = false;
  int pings_answered_ = 0;
  int pings_received_ = 0;
};

// A frame in bytes.
std::string RawFrame(uint8_t type, uint8_t flags, int32_t stream, std::string_view payload);

}  // namespace trireme::net
