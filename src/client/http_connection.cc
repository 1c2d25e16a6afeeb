// SPDX-License-Identifier: Apache-2.0
#include "client/http_connection.h"

#include <algorithm>

#include "base/check.h"

namespace trireme::client {
namespace {

bool IsPlain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) >= ' ' && c != 0x7F; });
}

void AppendHeader(std::string& out, std::string_view name, std::string_view value) {
  CHECK(IsPlain(name) && IsPlain(value));
  out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

PreparedRequest Prepare(std::string_view method, const Url& url, const HttpHeaders& headers,
                        std::string_view body_begin, std::span<const std::string_view> body_rest) {
  CHECK(IsPlain(method) && IsPlain(url.path));
  size_t body_bytes = body_begin.size();
  for (const std::string_view part : body_rest) body_bytes += part.size();
  PreparedRequest request;
  request.is_head = method == "HEAD";
  request.bytes.append(method).append(" ").append(url.path).append(" HTTP/1.1\r\n");
  AppendHeader(request.bytes, "Host", url.Authority());
  AppendHeader(request.bytes, "User-Agent", "trireme");
  AppendHeader(request.bytes, "Accept", "*/*");
  for (const auto& [name, value] : headers) AppendHeader(request.bytes, name, value);
  if (body_bytes > 0 || (method != "GET" && method != "HEAD")) {
    AppendHeader(request.bytes, "Content-Length", std::to_string(body_bytes));
  }
  request.bytes += "\r\n";
  request.bytes.reserve(request.bytes.size() + body_bytes);
  request.bytes += body_begin;
  for (const std::string_view part : body_rest) request.bytes += part;
  return request;
}

Status HttpConnection::Open(const Endpoint& endpoint) {
  Close();
  error_ = socket_.Open(endpoint, TlsProtocol::kHttp1);
  return error_;
}

void HttpConnection::Close() {
  socket_.Close();
  waiting_for_answer_ = false;
  refuses_bytes_ = false;
  unsent_ = {};
}

HttpConnection::Progress HttpConnection::Start(const PreparedRequest& request, std::string* body, size_t most_kept) {
  CHECK(!waiting_for_answer_);
  if (!is_open()) return Fail(Unavailable("the connection is closed"));
  parser_.Reset(request.is_head);
  unsent_ = request.bytes;
  body_ = body;
  left_to_keep_ = body == nullptr ? 0 : most_kept;
  sink_ = nullptr;
  waiting_for_answer_ = true;
  return socket_.is_connected() ? Send() : Progress::kWaiting;
}

HttpConnection::Progress HttpConnection::Start(const PreparedRequest& request, const BodySink& sink) {
  const Progress progress = Start(request);
  sink_ = &sink;
  return progress;
}

HttpConnection::Progress HttpConnection::Drive(std::span<char> scratch) {
  if (!socket_.is_connected()) {
    const ServerSocket::Io io = socket_.Connect();
    if (io == ServerSocket::Io::kBlocked) return Progress::kWaiting;
    if (io != ServerSocket::Io::kDone) return Fail(socket_.error());
  }
  if (const Progress sent = Send(); sent != Progress::kWaiting) return sent;
  // A server may answer (and refuse) before it has read the whole request.
  return Receive(scratch);
}

// A broken pipe is not the end: the answer that explains it may lie in the receive buffer.
HttpConnection::Progress HttpConnection::Send() {
  while (!unsent_.empty()) {
    const iovec piece = {.iov_base = const_cast<char*>(unsent_.data()), .iov_len = unsent_.size()};
    const ServerSocket::Moved sent = socket_.Write({&piece, 1});
    if (sent.io == ServerSocket::Io::kBlocked) return Progress::kWaiting;
    if (sent.io == ServerSocket::Io::kBroken) return Fail(socket_.error());
    if (sent.io == ServerSocket::Io::kRefused) {
      unsent_ = {};
      refuses_bytes_ = true;
      return Progress::kWaiting;
    }
    unsent_.remove_prefix(sent.bytes);
  }
  return Progress::kWaiting;
}

HttpConnection::Progress HttpConnection::Receive(std::span<char> scratch) {
  while (true) {
    const ServerSocket::Moved received = socket_.Read(scratch);
    if (received.io == ServerSocket::Io::kBlocked) return Progress::kWaiting;
    if (received.io == ServerSocket::Io::kBroken) return Fail(socket_.error());
    if (received.io == ServerSocket::Io::kEnd) return End();
    bytes_received_ += received.bytes;
    const Progress progress = Take({scratch.data(), received.bytes});
    if (progress != Progress::kWaiting || received.drained) return progress;
  }
}

HttpConnection::Progress HttpConnection::End() {
  if (!waiting_for_answer_) return Fail(Unavailable("the server closed the connection"));
  const bool complete = parser_.Close() == HttpResponseParser::Event::kEnd;
  waiting_for_answer_ = false;
  return complete ? Progress::kAnswered : Fail(parser_.error());
}

HttpConnection::Progress HttpConnection::Take(std::string_view input) {
  if (!waiting_for_answer_) return Fail(InvalidArgument("the server sent an answer that nobody asked for"));
  while (true) {
    switch (parser_.Next(input)) {
      case HttpResponseParser::Event::kHead:
        break;
      case HttpResponseParser::Event::kBody:
        if (Status kept = Keep(parser_.piece()); !kept.ok()) return Fail(std::move(kept));
        break;
      case HttpResponseParser::Event::kEnd:
        if (!input.empty()) return Fail(InvalidArgument("the server sent bytes behind its answer"));
        waiting_for_answer_ = false;
        return Progress::kAnswered;
      case HttpResponseParser::Event::kNeedMore:
        return Progress::kWaiting;
      case HttpResponseParser::Event::kFailed:
        return Fail(parser_.error());
    }
  }
}

Status HttpConnection::Keep(std::string_view piece) {
  if (sink_ != nullptr) return (*sink_)(piece);
  piece = piece.substr(0, left_to_keep_);
  left_to_keep_ -= piece.size();
  if (!piece.empty()) body_->append(piece);
  return {};
}

HttpConnection::Progress HttpConnection::Fail(Status error) {
  Close();
  error_ = std::move(error);
  return Progress::kFailed;
}

}  // namespace trireme::client
