// SPDX-License-Identifier: Apache-2.0
#include "client/testing/grpc_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "client/grpc_deframer.h"

namespace trireme::client {

// One connection: a server's session and its streams.
class ScriptedGrpcServer::Connection {
 public:
  Connection(int fd, int number, const Script& script) : fd_(fd), number_(number), script_(script) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, OnBegin);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, OnHeader);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, OnData);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, OnFrame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, OnClose);
    nghttp2_session_server_new(&session_, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(session_, 0, nullptr, 0);
    Send();
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    nghttp2_session_del(session_);
    close(fd_);
  }

  int fd() const { return fd_; }

  // False: it has ended.
  bool Read() {
    std::array<uint8_t, 64 << 10> bytes;
    const ssize_t received = recv(fd_, bytes.data(), bytes.size(), 0);
    if (received <= 0) return false;
    if (nghttp2_session_mem_recv(session_, bytes.data(), static_cast<size_t>(received)) < 0) return false;
    return Send();
  }

 private:
  struct Stream {
    std::string path;
    std::map<std::string, std::string> headers;
    GrpcDeframer deframer{SIZE_MAX, UINT32_MAX};
    std::string unsent;
    size_t sent = 0;  // of it
    bool head_sent = false;
    bool client_ended = false;
    bool hangs = false;
    bool page = false;
    std::optional<GrpcEnd> end;
  };

  static Connection& Of(void* user) { return *static_cast<Connection*>(user); }

  bool Send() {
    const uint8_t* data = nullptr;
    ssize_t bytes = 0;
    while ((bytes = nghttp2_session_mem_send(session_, &data)) > 0) {
      size_t sent = 0;
      while (sent < static_cast<size_t>(bytes)) {
        const ssize_t taken = send(fd_, data + sent, static_cast<size_t>(bytes) - sent, MSG_NOSIGNAL);
        if (taken <= 0) return false;
        sent += static_cast<size_t>(taken);
      }
    }
    return nghttp2_session_want_read(session_) != 0 || nghttp2_session_want_write(session_) != 0;
  }

  static int OnBegin(nghttp2_session* /*session*/, const nghttp2_frame* frame, void* user) {
    Of(user).streams_.try_emplace(frame->hd.stream_id);
    return 0;
  }
  static int OnHeader(nghttp2_session* /*session*/, const nghttp2_frame* frame, const uint8_t* name, size_t name_bytes,
                      const uint8_t* value, size_t value_bytes, uint8_t /*flags*/, void* user) {
    Stream& stream = Of(user).streams_[frame->hd.stream_id];
    const std::string key(reinterpret_cast<const char*>(name), name_bytes);
    const std::string text(reinterpret_cast<const char*>(value), value_bytes);
    if (key == ":path") stream.path = text;
    stream.headers[key] = text;
    return 0;
  }
  static int OnData(nghttp2_session* /*session*/, uint8_t /*flags*/, int32_t id, const uint8_t* data, size_t bytes,
                    void* user) {
    Connection& connection = Of(user);
    Stream& stream = connection.streams_[id];
    std::string_view input(reinterpret_cast<const char*>(data), bytes);
    while (stream.deframer.Next(input) == GrpcDeframer::Event::kMessage) {
      connection.Do(id, stream,
                    connection.script_({.path = stream.path,
                                        .headers = stream.headers,
                                        .bytes = stream.deframer.message(),
                                        .connection = connection.number_,
                                        .stream = id}));
    }
    return 0;
  }
  static int OnFrame(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
    Stream& stream = Of(user).streams_[frame->hd.stream_id];
    stream.client_ended = true;
    nghttp2_session_resume_data(session, frame->hd.stream_id);
    return 0;
  }
  static int OnClose(nghttp2_session* /*session*/, int32_t id, uint32_t /*error*/, void* user) {
    Of(user).streams_.erase(id);
    return 0;
  }

  void Do(int32_t id, Stream& stream, const Answer& answer) {
    if (answer.reset) {
      nghttp2_submit_rst_stream(session_, 0, id, *answer.reset);
      return;
    }
    for (const std::string& message : answer.messages) stream.unsent += GrpcPrefix(message.size()) + message;
    if (answer.raw_bytes) stream.unsent += *answer.raw_bytes;
    if (answer.end) stream.end = answer.end;
    stream.hangs = answer.hangs;
    stream.page = answer.http_status != 200;
    if (!stream.head_sent) {
      stream.head_sent = true;
      SubmitHead(id, stream, answer.http_status);
    } else {
      nghttp2_session_resume_data(session_, id);
    }
    if (answer.goes_away) nghttp2_submit_goaway(session_, 0, id, NGHTTP2_NO_ERROR, nullptr, 0);
  }

  static nghttp2_nv Field(std::string_view name, std::string_view value) {
    return {.name = reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
            .value = reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())),
            .namelen = name.size(),
            .valuelen = value.size(),
            .flags = 0};
  }

  void SubmitHead(int32_t id, Stream& stream, int http_status) {
    const std::string status = std::to_string(http_status);
    const std::array<nghttp2_nv, 2> head = {Field(":status", status), Field("content-type", "application/grpc")};
    const nghttp2_data_provider body = {.source = {.ptr = &stream}, .read_callback = OnBody};
    nghttp2_submit_response(session_, id, head.data(), head.size(), &body);
  }

  static ssize_t OnBody(nghttp2_session* session, int32_t id, uint8_t* to, size_t room, uint32_t* flags,
                        nghttp2_data_source* source, void* /*user*/) {
    Stream& stream = *static_cast<Stream*>(source->ptr);
    const size_t bytes = std::min(room, stream.unsent.size() - stream.sent);
    std::memcpy(to, stream.unsent.data() + stream.sent, bytes);
    stream.sent += bytes;
    if (stream.sent < stream.unsent.size()) return static_cast<ssize_t>(bytes);
    stream.unsent.clear();
    stream.sent = 0;
    const bool ends = stream.end || (stream.client_ended && !stream.hangs);
    if (!ends && bytes == 0) return NGHTTP2_ERR_DEFERRED;
    if (!ends) return static_cast<ssize_t>(bytes);
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (stream.page) return static_cast<ssize_t>(bytes);
    *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
    const GrpcEnd end = stream.end.value_or(GrpcEnd());
    const std::string code = std::to_string(static_cast<int>(end.code));
    const std::array<nghttp2_nv, 2> trailers = {Field("grpc-status", code), Field("grpc-message", end.message)};
    nghttp2_submit_trailer(session, id, trailers.data(), trailers.size());
    return static_cast<ssize_t>(bytes);
  }

  const int fd_;
  const int number_;
  const Script& script_;
  nghttp2_session* session_ = nullptr;
  std::map<int32_t, Stream> streams_;
};

ScriptedGrpcServer::ScriptedGrpcServer(Script script)
    : script_(std::move(script)), stop_(eventfd(0, EFD_CLOEXEC)), cut_(eventfd(0, EFD_CLOEXEC)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t bytes = sizeof address;
  CHECK(bind(listener_, reinterpret_cast<const sockaddr*>(&address), bytes) == 0);
  CHECK(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &bytes) == 0);
  CHECK(listen(listener_, 64) == 0);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Serve(); });
}

ScriptedGrpcServer::~ScriptedGrpcServer() {
  eventfd_write(stop_, 1);
  thread_.join();
  close(listener_);
  close(stop_);
  close(cut_);
}

void ScriptedGrpcServer::Cut() {
  eventfd_write(cut_, 1);
}

void ScriptedGrpcServer::Serve() {
  std::vector<std::unique_ptr<Connection>> connections;
  while (true) {
    std::vector<pollfd> ready = {{stop_, POLLIN, 0}, {cut_, POLLIN, 0}, {listener_, POLLIN, 0}};
    for (const auto& connection : connections) ready.push_back({connection->fd(), POLLIN, 0});
    poll(ready.data(), ready.size(), -1);
    if (ready[0].revents != 0) return;
    for (size_t i = connections.size(); i-- > 0;) {
      if (ready[3 + i].revents != 0 && !connections[i]->Read()) {
        connections.erase(connections.begin() + static_cast<ptrdiff_t>(i));
      }
    }
    eventfd_t value = 0;
    if (ready[1].revents != 0 && eventfd_read(cut_, &value) == 0 && !connections.empty()) connections.pop_back();
    if (ready[2].revents == 0) continue;
    if (const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC); fd >= 0) {
      const int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      connections.push_back(std::make_unique<Connection>(fd, connections_accepted_++, script_));
    }
  }
}

}  // namespace trireme::client
