// SPDX-License-Identifier: Apache-2.0
#include "net/testing/test_http2_client.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/check.h"
#include "net/http2_connection.h"
#include "net/transport.h"

namespace trireme::net {
namespace {

std::string Text(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

std::string Find(const Http2Headers& fields, std::string_view name) {
  for (const auto& field : fields) {
    if (field.first == name) return field.second;
  }
  return "";
}

}  // namespace

Http2TestLoop::Http2TestLoop(const Reception& reception, NetOptions options)
    : reception_(reception),
      network_(std::move(options), pool_),
      encoder_(network_.options.server_name),
      loop_(clock_) {
  loop_.executor()->BindToThisThread();
}

FileDescriptor Http2TestLoop::Connect() {
  std::array<int, 2> ends{};
  CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0);
  network_.counters.connections_open.fetch_add(1);
  loop_.Add(MakeHttp2Connection(Surroundings{loop_, encoder_, network_, reception_},
                                std::make_unique<PlainTransport>(FileDescriptor(ends[0])), "192.0.2.1:4711",
                                network_.open.Enter()));
  return FileDescriptor(ends[1]);
}

void Http2TestLoop::Turn() {
  for (int i = 0; i < 4; ++i) loop_.Turn(/*may_wait=*/false);
}

void Http2TestLoop::Advance(Duration by) {
  clock_.Advance(by);
  Turn();
}

std::string TestHttp2Client::Response::header(std::string_view name) const {
  return Find(headers, name);
}

std::string TestHttp2Client::Response::trailer(std::string_view name) const {
  return Find(trailers, name);
}

// What nghttp2 calls.
struct TestHttp2Client::Callbacks {
  static TestHttp2Client& Self(void* user) { return *static_cast<TestHttp2Client*>(user); }

  static int OnHeader(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name, size_t name_size,
                      const uint8_t* value, size_t value_size, uint8_t, void* user) {
    Response& response = Self(user).responses_[frame->hd.stream_id];
    if (Text(name, name_size) == ":status") {
      const int status = std::stoi(Text(value, value_size));
      (status < 200 ? response.informational.emplace_back() : response.status) = status;
    } else if (frame->headers.cat == NGHTTP2_HCAT_HEADERS && response.status != 0 && !response.headers.empty()) {
      response.trailers.emplace_back(Text(name, name_size), Text(value, value_size));
    } else {
      response.headers.emplace_back(Text(name, name_size), Text(value, value_size));
    }
    return 0;
  }

  static int OnData(nghttp2_session*, uint8_t, int32_t id, const uint8_t* data, size_t size, void* user) {
    Self(user).responses_[id].body += Text(data, size);
    return 0;
  }

  static int OnFrame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    TestHttp2Client& self = Self(user);
    const bool carries = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    if (carries && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) self.responses_[frame->hd.stream_id].ended = true;
    if (frame->hd.type == NGHTTP2_PING) {
      ++((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0 ? self.pings_answered_ : self.pings_received_);
    }
    if (frame->hd.type == NGHTTP2_GOAWAY) {
      self.goaways_.push_back({.last_stream = frame->goaway.last_stream_id,
                               .error = frame->goaway.error_code,
                               .text = Text(frame->goaway.opaque_data, frame->goaway.opaque_data_len)});
    }
    return 0;
  }

  static int OnStreamClose(nghttp2_session*, int32_t id, uint32_t error, void* user) {
    Self(user).responses_[id].stream_closed = error;
    return 0;
  }

  static ssize_t ReadBody(nghttp2_session*, int32_t id, uint8_t* room, size_t most, uint32_t* flags,
                          nghttp2_data_source*, void* user) {
    Body& body = Self(user).bodies_[id];
    const size_t count = std::min(most, body.text.size() - body.sent);
    if (count == 0 && !body.end) return NGHTTP2_ERR_DEFERRED;
    std::copy_n(body.text.data() + body.sent, count, reinterpret_cast<char*>(room));
    body.sent += count;
    if (body.end && body.sent == body.text.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(count);
  }
};

TestHttp2Client::TestHttp2Client(Http2TestLoop& loop, const Options& options) : loop_(loop), socket_(loop.Connect()) {
  nghttp2_session_callbacks* callbacks = nullptr;
  CHECK(nghttp2_session_callbacks_new(&callbacks) == 0);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::OnHeader);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::OnData);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Callbacks::OnFrame);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Callbacks::OnStreamClose);
  nghttp2_option* settings = nullptr;
  CHECK(nghttp2_option_new(&settings) == 0);
  nghttp2_option_set_no_auto_window_update(settings, options.returns_window ? 0 : 1);
  nghttp2_option_set_peer_max_concurrent_streams(settings, 10'000);
  nghttp2_session* made = nullptr;
  CHECK(nghttp2_session_client_new2(&made, callbacks, this, settings) == 0);
  nghttp2_option_del(settings);
  nghttp2_session_callbacks_del(callbacks);
  session_.reset(made);
  const std::array<nghttp2_settings_entry, 2> entries = {{{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, options.stream_window},
                                                          {NGHTTP2_SETTINGS_MAX_FRAME_SIZE, options.max_frame_size}}};
  CHECK(nghttp2_submit_settings(made, NGHTTP2_FLAG_NONE, entries.data(), entries.size()) == 0);
  Settle();
}

int32_t TestHttp2Client::Begin(const std::string& method, const std::string& path, Http2Headers headers,
                               std::string body, bool end) {
  const int32_t id = Prepare(method, path, std::move(headers), std::move(body), end);
  Settle();
  return id;
}

int32_t TestHttp2Client::Prepare(const std::string& method, const std::string& path, Http2Headers headers,
                                 std::string body, bool end) {
  Http2Headers all = {{":method", method}, {":scheme", "http"}, {":authority", "example.org"}, {":path", path}};
  std::move(headers.begin(), headers.end(), std::back_inserter(all));
  std::vector<nghttp2_nv> fields;
  for (auto& [name, value] : all) {
    fields.push_back({reinterpret_cast<uint8_t*>(name.data()), reinterpret_cast<uint8_t*>(value.data()), name.size(),
                      value.size(), NGHTTP2_NV_FLAG_NONE});
  }
  nghttp2_data_provider provider{.source = {.ptr = nullptr}, .read_callback = Callbacks::ReadBody};
  const bool only_head = body.empty() && end;
  const int32_t id = nghttp2_submit_request(session_.get(), nullptr, fields.data(), fields.size(),
                                            only_head ? nullptr : &provider, nullptr);
  CHECK(id > 0);
  bodies_[id] = {.text = std::move(body), .sent = 0, .end = end};
  return id;
}

void TestHttp2Client::SendBody(int32_t id, std::string more, bool end) {
  Body& body = bodies_[id];
  body.text += more;
  body.end = end;
  nghttp2_session_resume_data(session_.get(), id);
  Settle();
}

void TestHttp2Client::Reset(int32_t id, uint32_t error) {
  nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, id, error);
  Settle();
}

void TestHttp2Client::Ping() {
  nghttp2_submit_ping(session_.get(), NGHTTP2_FLAG_NONE, nullptr);
  Settle();
}

void TestHttp2Client::ChangeSettings() {
  nghttp2_submit_settings(session_.get(), NGHTTP2_FLAG_NONE, nullptr, 0);
  Settle();
}

void TestHttp2Client::ReturnWindow(int32_t id, int32_t bytes) {
  nghttp2_submit_window_update(session_.get(), NGHTTP2_FLAG_NONE, id, bytes);
  Settle();
}

void TestHttp2Client::SendRaw(std::string_view bytes) {
  unsent_ += bytes;
  Settle();
}

void TestHttp2Client::FinishSending() {
  shutdown(socket_.get(), SHUT_WR);
  Settle();
}

void TestHttp2Client::Settle() {
  // As long as something moves, and once more for what the last move has set in motion.
  for (int quiet = 0; quiet < 2;) {
    quiet = Pump() ? 0 : quiet + 1;
    loop_.Turn();
  }
}

bool TestHttp2Client::Pump() {
  if (!socket_) return false;
  const bool wrote = Write();
  loop_.Turn();
  return (!frozen_ && Read()) || wrote;
}

bool TestHttp2Client::Write() {
  const uint8_t* data = nullptr;
  while (!frozen_) {
    const ssize_t size = nghttp2_session_mem_send(session_.get(), &data);
    if (size <= 0) break;
    unsent_ += Text(data, static_cast<size_t>(size));
    if (unsent_.size() > 256 << 10) break;
  }
  const ssize_t sent = send(socket_.get(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && errno != EAGAIN) unsent_.clear();
  if (sent <= 0) return false;
  sent_.append(unsent_, 0, static_cast<size_t>(sent));
  unsent_.erase(0, static_cast<size_t>(sent));
  return true;
}

bool TestHttp2Client::Read() {
  std::array<char, 64 << 10> room;
  const ssize_t got = recv(socket_.get(), room.data(), room.size(), MSG_DONTWAIT);
  if (got == 0 || (got < 0 && errno == ECONNRESET)) closed_by_server_ = true;
  if (got <= 0) return false;
  nghttp2_session_mem_recv(session_.get(), reinterpret_cast<const uint8_t*>(room.data()), static_cast<size_t>(got));
  return true;
}

std::string RawFrame(uint8_t type, uint8_t flags, int32_t stream, std::string_view payload) {
  std::string frame;
  for (int shift = 16; shift >= 0; shift -= 8) frame.push_back(static_cast<char>(payload.size() >> shift));
  frame.push_back(static_cast<char>(type));
  frame.push_back(static_cast<char>(flags));
  for (int shift = 24; shift >= 0; shift -= 8) frame.push_back(static_cast<char>(stream >> shift));
  return frame.append(payload);
}

}  // namespace trireme::net
