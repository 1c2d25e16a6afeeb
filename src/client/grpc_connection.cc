// SPDX-License-Identifier: Apache-2.0
#include "client/grpc_connection.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "base/check.h"
#include "client/grpc_deframer.h"
#include "client/send_queue.h"
#include "client/server_socket.h"

namespace trireme::client {
namespace {

using net::GrpcCode;

constexpr int32_t kStreamWindow = 8 << 20;
constexpr int32_t kConnectionWindow = 64 << 20;
constexpr uint32_t kFrameBytes = 1 << 20;

std::string_view AsText(const uint8_t* data, size_t bytes) {
  return {reinterpret_cast<const char*>(data), bytes};
}

// A call under way, or a free number.
struct Call {
  size_t number = 0;
  int32_t stream = -1;  // -1: not under way
  GrpcDeframer deframer;
  std::vector<std::string_view> pieces;  // to be sent
  size_t first_piece = 0;
  bool said_all = false;
  int http_status = 0;
  bool has_status = false;
  GrpcEnd end;

  Call(size_t n, const GrpcConnection::Options& options)
      : number(n), deframer(options.most_kept, options.max_message_bytes) {}

  void Reset() {
    deframer.Reset();
    pieces.clear();
    first_piece = 0;
    said_all = false;
    http_status = 0;
    has_status = false;
    end.code = GrpcCode::kOk;
    end.message.clear();
  }

  size_t unsent_bytes() const {
    size_t bytes = 0;
    for (size_t i = first_piece; i < pieces.size(); ++i) bytes += pieces[i].size();
    return bytes;
  }

  // Moves the first `bytes` of what is to be sent to the queue.
  void MoveTo(SendQueue& queue, size_t bytes) {
    while (bytes > 0) {
      std::string_view& piece = pieces[first_piece];
      const size_t take = std::min(bytes, piece.size());
      queue.Add(piece.substr(0, take));
      piece.remove_prefix(take);
      bytes -= take;
      if (piece.empty()) ++first_piece;
    }
    if (first_piece == pieces.size()) {
      pieces.clear();
      first_piece = 0;
    }
  }

  GrpcEnd Verdict(uint32_t http2_error) && {
    if (has_status) return std::move(end);
    if (end.code != GrpcCode::kOk) return std::move(end);  // found out here: too large, compressed
    if (http_status != 0 && http_status != 200) {
      return {.code = CodeOfHttp(http_status), .message = "HTTP status " + std::to_string(http_status)};
    }
    if (http2_error == NGHTTP2_REFUSED_STREAM) return {GrpcCode::kUnavailable, "the server refused the stream"};
    if (http2_error == NGHTTP2_CANCEL) return {GrpcCode::kCancelled, "the server cancelled the stream"};
    if (http2_error != NGHTTP2_NO_ERROR) {
      return {GrpcCode::kInternal, std::string("the server reset the stream: ") + nghttp2_http2_strerror(http2_error)};
    }
    return {GrpcCode::kInternal, "the server ended the call without a grpc-status"};
  }
};

}  // namespace

class GrpcConnection::Core {
 public:
  Core(Options options, GrpcListener& listener) : options_(options), listener_(listener) {
    for (size_t i = 0; i < options.calls; ++i) calls_.emplace_back(i, options);
    nghttp2_session_callbacks_new(&callbacks_);
    nghttp2_session_callbacks_set_send_callback(callbacks_, OnSend);
    nghttp2_session_callbacks_set_send_data_callback(callbacks_, OnSendData);
    nghttp2_session_callbacks_set_data_source_read_length_callback(callbacks_, OnReadLength);
    nghttp2_session_callbacks_set_on_header_callback(callbacks_, OnHeader);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks_, OnData);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks_, OnFrame);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks_, OnNotSent);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks_, OnClose);
  }
  ~Core() {
    Close();
    nghttp2_session_callbacks_del(callbacks_);
  }
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  Status Open(const Endpoint& endpoint);
  void Close();
  bool Drive(std::span<char> scratch);
  bool Flush();
  void Start(size_t number, const GrpcHead& head);
  void Send(size_t number, const GrpcBytes& message, bool last);
  void Cancel(size_t number);

  const ServerSocket& socket() const { return socket_; }
  bool WantsWrite() const { return socket_.WantsWrite() || (socket_.is_connected() && !out_.empty()); }
  bool takes_calls() const { return session_ != nullptr && nghttp2_session_check_request_allowed(session_) != 0; }
  bool is_idle() const { return active_ == 0; }
  bool is_active(size_t number) const { return calls_[number].stream >= 0; }
  uint64_t bytes_received() const { return bytes_received_; }
  const Status& error() const { return error_; }

 private:
  static Core& Of(void* user) { return *static_cast<Core*>(user); }
  static ssize_t OnSend(nghttp2_session*, const uint8_t* data, size_t bytes, int, void* user);
  static int OnSendData(nghttp2_session*, nghttp2_frame*, const uint8_t* head, size_t bytes, nghttp2_data_source*,
                        void* user);
  static ssize_t OnReadLength(nghttp2_session*, uint8_t, int32_t, int32_t session_window, int32_t stream_window,
                              uint32_t max_frame, void*);
  static ssize_t OnRead(nghttp2_session*, int32_t stream, uint8_t*, size_t length, uint32_t* flags,
                        nghttp2_data_source* source, void*);
  static int OnHeader(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name, size_t name_bytes,
                      const uint8_t* value, size_t value_bytes, uint8_t, void* user);
  static int OnData(nghttp2_session*, uint8_t, int32_t stream, const uint8_t* data, size_t bytes, void* user);
  static int OnFrame(nghttp2_session*, const nghttp2_frame* frame, void* user);
  static int OnNotSent(nghttp2_session*, const nghttp2_frame* frame, int error, void* user);
  static int OnClose(nghttp2_session*, int32_t stream, uint32_t error, void* user);

  Call* Find(int32_t stream) { return static_cast<Call*>(nghttp2_session_get_stream_user_data(session_, stream)); }
  void Take(Call& call, std::string_view input);
  void End(Call& call, const GrpcEnd& end);
  void EndWith(Call& call, uint32_t error);
  void EndUnasked(int32_t stream);
  void Abort(Call& call, GrpcCode code, std::string message);
  bool Fail(Status error);
  bool Receive(std::span<char> scratch);

  const Options options_;
  GrpcListener& listener_;
  nghttp2_session_callbacks* callbacks_ = nullptr;
  nghttp2_session* session_ = nullptr;  // while it is open
  ServerSocket socket_;
  SendQueue out_;
  std::vector<Call> calls_;
  size_t active_ = 0;
  uint64_t bytes_received_ = 0;
  uint64_t received_here_ = 0;  // on this connection, since Open()
  std::string farewell_;        // what the server said when it went away
  Status error_;
};

Status GrpcConnection::Core::Open(const Endpoint& endpoint) {
  Close();
  error_ = socket_.Open(endpoint, TlsProtocol::kHttp2);
  if (!error_.ok()) return error_;
  CHECK(nghttp2_session_client_new(&session_, callbacks_, this) == 0);
  const std::array<nghttp2_settings_entry, 3> settings = {{{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
                                                           {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow},
                                                           {NGHTTP2_SETTINGS_MAX_FRAME_SIZE, kFrameBytes}}};
  CHECK(nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) == 0);
  CHECK(nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kConnectionWindow) == 0);
  received_here_ = 0;
  farewell_.clear();
  return Status();
}

void GrpcConnection::Core::Close() {
  // Without callbacks: deleting a session tells of no streams.
  nghttp2_session_del(std::exchange(session_, nullptr));
  socket_.Close();
  out_.Clear();
  for (Call& call : calls_) call.stream = -1;
  active_ = 0;
}

void GrpcConnection::Core::Start(size_t number, const GrpcHead& head) {
  Call& call = calls_[number];
  CHECK(session_ != nullptr && call.stream < 0);
  call.Reset();
  std::array<nghttp2_nv, 32> fields;
  CHECK(head.headers.size() <= fields.size());
  for (size_t i = 0; i < head.headers.size(); ++i) {
    const auto& [name, value] = head.headers[i];
    fields[i] = {.name = reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
                 .value = reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())),
                 .namelen = name.size(),
                 .valuelen = value.size(),
                 // It outlives the call, and there is nothing else that nghttp2 would do with its copy.
                 .flags = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE};
    // A key is not to be kept in the table of either side.
    if (name == "authorization") fields[i].flags |= NGHTTP2_NV_FLAG_NO_INDEX;
  }
  const nghttp2_data_provider body = {.source = {.ptr = &call}, .read_callback = OnRead};
  call.stream = nghttp2_submit_request(session_, nullptr, fields.data(), head.headers.size(), &body, &call);
  ++active_;
  if (call.stream < 0) End(call, {GrpcCode::kUnavailable, nghttp2_strerror(call.stream)});
}

void GrpcConnection::Core::Send(size_t number, const GrpcBytes& message, bool last) {
  Call& call = calls_[number];
  if (call.stream < 0 || call.said_all) return;
  if (!message.head.empty()) call.pieces.push_back(message.head);
  if (!message.body.empty()) call.pieces.push_back(message.body);
  call.said_all = last;
  // Fails where nothing waits for it, which is as good.
  nghttp2_session_resume_data(session_, call.stream);
}

void GrpcConnection::Core::Cancel(size_t number) {
  Call& call = calls_[number];
  if (call.stream < 0) return;
  nghttp2_session_set_stream_user_data(session_, call.stream, nullptr);
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, call.stream, NGHTTP2_CANCEL);
  call.stream = -1;
  --active_;
}

bool GrpcConnection::Core::Drive(std::span<char> scratch) {
  if (!socket_.is_open()) return false;
  if (!socket_.is_connected()) {
    const ServerSocket::Io io = socket_.Connect();
    if (io == ServerSocket::Io::kBlocked) return true;
    if (io != ServerSocket::Io::kDone) return Fail(socket_.error());
  }
  return Receive(scratch) && Flush();
}

bool GrpcConnection::Core::Receive(std::span<char> scratch) {
  while (true) {
    const ServerSocket::Moved received = socket_.Read(scratch);
    if (received.io == ServerSocket::Io::kBlocked) return true;
    if (received.io == ServerSocket::Io::kBroken) return Fail(socket_.error());
    if (received.io == ServerSocket::Io::kEnd) {
      return Fail(Unavailable("the server closed the connection" + farewell_));
    }
    if (received_here_ == 0 && std::string_view(scratch.data(), received.bytes).starts_with("HTTP/1")) {
      return Fail(InvalidArgument("the server answers in HTTP/1: is this its gRPC port, and without TLS?"));
    }
    bytes_received_ += received.bytes;
    received_here_ += received.bytes;
    const ssize_t read =
        nghttp2_session_mem_recv(session_, reinterpret_cast<const uint8_t*>(scratch.data()), received.bytes);
    if (read < 0) {
      return Fail(InvalidArgument(std::string("the server does not speak HTTP/2: ") +
                                  nghttp2_strerror(static_cast<int>(read))));
    }
    if (received.drained) return true;
  }
}

bool GrpcConnection::Core::Flush() {
  if (session_ == nullptr) return false;
  if (!socket_.is_connected()) return true;
  while (true) {
    if (const int error = nghttp2_session_send(session_); error != 0) {
      return Fail(Internal(std::string("HTTP/2: ") + nghttp2_strerror(error)));
    }
    if (out_.empty()) break;
    const ServerSocket::Moved sent = socket_.Write(out_.Pieces());
    if (sent.io == ServerSocket::Io::kBlocked) return true;
    if (sent.io == ServerSocket::Io::kBroken) return Fail(socket_.error());
    if (sent.io == ServerSocket::Io::kRefused) {
      return Fail(Unavailable("the server closed the connection" + farewell_));
    }
    out_.Remove(sent.bytes);
  }
  // After a GOAWAY and the last call, or an error that was answered with one.
  if (nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0) {
    return Fail(Unavailable("the connection has ended" + farewell_));
  }
  return true;
}

bool GrpcConnection::Core::Fail(Status error) {
  error_ = std::move(error);
  std::vector<size_t> cut;
  for (const Call& call : calls_) {
    if (call.stream >= 0) cut.push_back(call.number);
  }
  Close();
  for (const size_t number : cut) listener_.OnEnd(number, {GrpcCode::kUnavailable, error_.message()});
  return false;
}

void GrpcConnection::Core::End(Call& call, const GrpcEnd& end) {
  call.stream = -1;
  --active_;
  listener_.OnEnd(call.number, end);
}

// A fault that is found here: the call ends with it when the stream is closed.
void GrpcConnection::Core::Abort(Call& call, GrpcCode code, std::string message) {
  call.end = {.code = code, .message = std::move(message)};
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, call.stream, NGHTTP2_CANCEL);
}

void GrpcConnection::Core::Take(Call& call, std::string_view input) {
  const int32_t stream = call.stream;
  // A listener may cancel the call, and begin another of its number.
  while (call.stream == stream && call.end.code == GrpcCode::kOk) {
    switch (call.deframer.Next(input)) {
      case GrpcDeframer::Event::kNeedMore:
        return;
      case GrpcDeframer::Event::kMessage:
        listener_.OnMessage(call.number, call.deframer.message(), call.deframer.message_bytes());
        break;
      case GrpcDeframer::Event::kCompressed:
        return Abort(call, GrpcCode::kInternal, "the server sent a compressed message, which nobody asked for");
      case GrpcDeframer::Event::kTooLarge:
        return Abort(call, GrpcCode::kResourceExhausted,
                     "an answer of " + std::to_string(call.deframer.message_bytes()) + " bytes is over the bound of " +
                         std::to_string(options_.max_message_bytes));
    }
  }
}

ssize_t GrpcConnection::Core::OnSend(nghttp2_session* /*session*/, const uint8_t* data, size_t bytes, int /*flags*/,
                                     void* user) {
  Of(user).out_.Copy(AsText(data, bytes));
  return static_cast<ssize_t>(bytes);
}

// Never "not now": between OnRead and this the call must not change. What the server's windows allow is bound enough,
// since large pieces are not copied.
int GrpcConnection::Core::OnSendData(nghttp2_session* /*session*/, nghttp2_frame* /*frame*/, const uint8_t* head,
                                     size_t bytes, nghttp2_data_source* source, void* user) {
  constexpr size_t kFrameHeadBytes = 9;
  SendQueue& out = Of(user).out_;
  out.Copy(AsText(head, kFrameHeadBytes));
  static_cast<Call*>(source->ptr)->MoveTo(out, bytes);
  return 0;
}

ssize_t GrpcConnection::Core::OnReadLength(nghttp2_session* /*session*/, uint8_t /*type*/, int32_t /*stream*/,
                                           int32_t session_window, int32_t stream_window, uint32_t max_frame,
                                           void* /*user*/) {
  const int64_t window = std::min(session_window, stream_window);
  return static_cast<ssize_t>(std::max<int64_t>(1, std::min<int64_t>({window, max_frame, kFrameBytes})));
}

ssize_t GrpcConnection::Core::OnRead(nghttp2_session* /*session*/, int32_t stream, uint8_t* /*buffer*/, size_t length,
                                     uint32_t* flags, nghttp2_data_source* source, void* /*user*/) {
  const Call& call = *static_cast<Call*>(source->ptr);
  if (call.stream != stream) return NGHTTP2_ERR_DEFERRED;  // cancelled, and its reset is on the way
  const size_t unsent = call.unsent_bytes();
  if (unsent == 0 && !call.said_all) return NGHTTP2_ERR_DEFERRED;
  const size_t bytes = std::min(unsent, length);
  *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (bytes == unsent && call.said_all) *flags |= NGHTTP2_DATA_FLAG_EOF;
  return static_cast<ssize_t>(bytes);
}

int GrpcConnection::Core::OnHeader(nghttp2_session* /*session*/, const nghttp2_frame* frame, const uint8_t* name,
                                   size_t name_bytes, const uint8_t* value, size_t value_bytes, uint8_t /*flags*/,
                                   void* user) {
  Call* call = Of(user).Find(frame->hd.stream_id);
  if (call == nullptr) return 0;
  const std::string_view header = AsText(name, name_bytes);
  const std::string_view text = AsText(value, value_bytes);
  if (header == "grpc-status") {
    call->has_status = true;
    call->end.code = ParseGrpcCode(text);
  } else if (header == "grpc-message") {
    call->end.message = DecodeGrpcMessage(text);
  } else if (header == ":status") {
    std::from_chars(text.data(), text.data() + text.size(), call->http_status);
  }
  return 0;
}

int GrpcConnection::Core::OnData(nghttp2_session* /*session*/, uint8_t /*flags*/, int32_t stream, const uint8_t* data,
                                 size_t bytes, void* user) {
  Core& core = Of(user);
  Call* call = core.Find(stream);
  // What comes with another status is a page for people.
  if (call != nullptr && call->http_status == 200) core.Take(*call, AsText(data, bytes));
  return 0;
}

int GrpcConnection::Core::OnFrame(nghttp2_session* /*session*/, const nghttp2_frame* frame, void* user) {
  constexpr size_t kMostShown = 200;
  const bool is_end = (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
                      (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  if (is_end) Of(user).EndUnasked(frame->hd.stream_id);
  if (frame->hd.type != NGHTTP2_GOAWAY) return 0;
  const nghttp2_goaway& goaway = frame->goaway;
  std::string& farewell = Of(user).farewell_;
  farewell = std::string(" after GOAWAY (") + nghttp2_http2_strerror(goaway.error_code) + ")";
  if (goaway.opaque_data_len > 0) {
    farewell += ": ";
    farewell += AsText(goaway.opaque_data, std::min(goaway.opaque_data_len, kMostShown));
  }
  return 0;
}

// A server may end a call of which it has not heard all: nothing more of it is of use. (Otherwise the stream is closed
// right away, and OnClose() ends the call.)
void GrpcConnection::Core::EndUnasked(int32_t stream) {
  Call* call = Find(stream);
  if (call == nullptr || call->stream != stream || nghttp2_session_get_stream_local_close(session_, stream) != 0)
    return;
  nghttp2_session_set_stream_user_data(session_, stream, nullptr);
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream, NGHTTP2_NO_ERROR);
  EndWith(*call, NGHTTP2_NO_ERROR);
}

void GrpcConnection::Core::EndWith(Call& call, uint32_t error) {
  GrpcEnd end = std::move(call).Verdict(error);
  if (end.code == GrpcCode::kOk && call.deframer.is_inside()) {
    end = {GrpcCode::kInternal, "the server ended the call in the middle of a message"};
  }
  End(call, end);
}

// A call that the server's GOAWAY came before.
int GrpcConnection::Core::OnNotSent(nghttp2_session* /*session*/, const nghttp2_frame* frame, int error, void* user) {
  if (frame->hd.type != NGHTTP2_HEADERS) return 0;
  Core& core = Of(user);
  const auto call = std::ranges::find(core.calls_, frame->hd.stream_id, &Call::stream);
  if (call == core.calls_.end()) return 0;
  core.End(*call, {GrpcCode::kUnavailable, std::string("the call was not sent: ") + nghttp2_strerror(error)});
  return 0;
}

int GrpcConnection::Core::OnClose(nghttp2_session* /*session*/, int32_t stream, uint32_t error, void* user) {
  Core& core = Of(user);
  Call* call = core.Find(stream);
  if (call == nullptr || call->stream != stream) return 0;
  core.EndWith(*call, error);
  return 0;
}

GrpcConnection::GrpcConnection(Options options, GrpcListener& listener)
    : core_(std::make_unique<Core>(options, listener)) {}
GrpcConnection::~GrpcConnection() = default;

Status GrpcConnection::Open(const Endpoint& endpoint) {
  return core_->Open(endpoint);
}
void GrpcConnection::Close() {
  core_->Close();
}
bool GrpcConnection::is_open() const {
  return core_->socket().is_open();
}
int GrpcConnection::fd() const {
  return core_->socket().fd();
}
bool GrpcConnection::WantsWrite() const {
  return core_->WantsWrite();
}
bool GrpcConnection::takes_calls() const {
  return core_->takes_calls();
}
bool GrpcConnection::is_idle() const {
  return core_->is_idle();
}
void GrpcConnection::Start(size_t call, const GrpcHead& head) {
  core_->Start(call, head);
}
void GrpcConnection::Send(size_t call, const GrpcBytes& message, bool last) {
  core_->Send(call, message, last);
}
void GrpcConnection::SendEnd(size_t call) {
  core_->Send(call, {}, true);
}
void GrpcConnection::Cancel(size_t call) {
  core_->Cancel(call);
}
bool GrpcConnection::is_active(size_t call) const {
  return core_->is_active(call);
}
bool GrpcConnection::Flush() {
  return core_->Flush();
}
bool GrpcConnection::Drive(std::span<char> scratch) {
  return core_->Drive(scratch);
}
uint64_t GrpcConnection::bytes_received() const {
  return core_->bytes_received();
}
const Status& GrpcConnection::error() const {
  return core_->error();
}

}  // namespace trireme::client
