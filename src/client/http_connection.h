// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "client/endpoint.h"
#include "client/http_response_parser.h"
#include "client/server_socket.h"
#include "client/url.h"

namespace trireme::client {

// A request as it travels, head and body in one piece: made once, sent any number of times by any number of
// connections.
struct PreparedRequest {
  std::string bytes;
  bool is_head = false;  // HEAD: its answer has no body
};

// Takes the pieces of an answer's body as they come. Anything but OK: it wants no more, and the connection fails so.
using BodySink = std::function<Status(std::string_view piece)>;

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

// Host, User-Agent, Accept and, for all but a GET or HEAD without a body, Content-Length are added. Names and values
// must not hold control characters: they are ours, so that is a bug.
PreparedRequest Prepare(std::string_view method, const Url& url, const HttpHeaders& headers,
                        std::string_view body_begin = {}, std::span<const std::string_view> body_rest = {});

// One keep-alive connection that never blocks; whoever polls its socket calls Drive() when it is ready.
//
//   connection.Open(endpoint);
//   connection.Start(request);            // the request must live until the answer is there
//   loop: poll fd() for connection.WantsWrite() ? write : read, then
//         switch (connection.Drive(buffer)) ...
//
// Single-threaded. Move-only.
class HttpConnection {
 public:
  enum class Progress : uint8_t {
    kWaiting,   // for the socket
    kAnswered,  // the answer is complete: response() until the next Start()
    kFailed,    // error() says why; the connection is closed
  };

  explicit HttpConnection(ResponseLimits limits = {}) : parser_(limits) {}
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;
  ~HttpConnection() { Close(); }

  // Begins to connect. The errors of connecting come here or from Drive().
  Status Open(const Endpoint& endpoint);
  void Close();
  bool is_open() const { return socket_.is_open(); }
  int fd() const { return socket_.fd(); }

  // Begins a request and sends what the socket takes. `body`, if given, collects the first `most_kept` bytes of the
  // answer's body.
  Progress Start(const PreparedRequest& request, std::string* body = nullptr, size_t most_kept = SIZE_MAX);
  // The same, and hands the body to `sink`, which must live until then. `response()` has the head by then.
  Progress Start(const PreparedRequest& request, const BodySink& sink);

  // Goes on as far as the socket allows. `scratch` is used for receiving, during the call only.
  Progress Drive(std::span<char> scratch);

  bool WantsWrite() const { return socket_.WantsWrite() || (!unsent_.empty() && socket_.is_connected()); }

  // Whether another Start() may follow: not once the server has said that it will close, or answered a request of which
  // it did not read all.
  bool is_reusable() const { return is_open() && parser_.keeps_alive() && unsent_.empty() && !refuses_bytes_; }

  const HttpResponseParser& response() const { return parser_; }
  uint64_t bytes_received() const { return bytes_received_; }  // since it was made
  const Status& error() const { return error_; }

 private:
  Progress Fail(Status error);
  Progress Send();
  Progress Receive(std::span<char> scratch);
  Progress End();
  Progress Take(std::string_view input);
  Status Keep(std::string_view piece);

  HttpResponseParser parser_;
  ServerSocket socket_;
  bool waiting_for_answer_ = false;
  bool refuses_bytes_ = false;  // the peer reads no more, but may have answered
  std::string_view unsent_;
  std::string* body_ = nullptr;
  size_t left_to_keep_ = 0;
  const BodySink* sink_ = nullptr;
  uint64_t bytes_received_ = 0;
  Status error_;
};

}  // namespace trireme::client
