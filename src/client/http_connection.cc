// SPDX-License-Identifier: Apache-2.0
#include "client/http_connection.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

#include "base/check.h"

namespace trireme::client {
namespace {

std::string ErrorText(int error) {
  return std::generic_category().message(error);
}

bool IsPlain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) >= ' ' && c != 0x7F; });
}

void AppendHeader(std::string& out, std::string_view name, std::string_view value) {
  CHECK(IsPlain(name) && IsPlain(value));
  out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

bool Endpoint::IsLoopback() const {
  if (address.ss_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &address, sizeof v4);
    return ntohl(v4.sin_addr.s_addr) >> 24 == 127;
  }
  sockaddr_in6 v6;
  std::memcpy(&v6, &address, sizeof v6);
  return address.ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
}

Result<Endpoint> Resolve(const Url& url) {
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int error = getaddrinfo(url.host.c_str(), std::to_string(url.port).c_str(), &hints, &list);
  if (error != 0) return Unavailable("looking up host \"" + url.host + "\": " + gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owned(list, freeaddrinfo);
  Endpoint endpoint;
  std::memcpy(&endpoint.address, list->ai_addr, list->ai_addrlen);
  endpoint.address_bytes = list->ai_addrlen;
  return endpoint;
}

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
  error_ = Status();
  fd_ = socket(endpoint.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return Unavailable("opening a socket: " + ErrorText(errno));
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  connecting_ = connect(fd_, reinterpret_cast<const sockaddr*>(&endpoint.address), endpoint.address_bytes) != 0;
  if (connecting_ && errno != EINPROGRESS) {
    FailErrno("connecting", errno);
    return error_;
  }
  return Status();
}

void HttpConnection::Close() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
  connecting_ = false;
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
  waiting_for_answer_ = true;
  return connecting_ ? Progress::kWaiting : Send();
}

HttpConnection::Progress HttpConnection::Drive(std::span<char> scratch) {
  if (connecting_) {
    int error = 0;
    socklen_t bytes = sizeof error;
    getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &bytes);
    if (error != 0) return FailErrno("connecting", error);
    connecting_ = false;
  }
  const Progress sent = Send();
  // A server may answer (and refuse) before it has read the whole request.
  if (Progress received = Receive(scratch); received != Progress::kWaiting) return received;
  return sent;
}

// A broken pipe is not the end: the answer that explains it may lie in the receive buffer.
HttpConnection::Progress HttpConnection::Send() {
  while (!unsent_.empty()) {
    const ssize_t sent = send(fd_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      unsent_.remove_prefix(static_cast<size_t>(sent));
    } else if (errno == EAGAIN) {
      return Progress::kWaiting;
    } else if (errno == EPIPE || errno == ECONNRESET) {
      unsent_ = {};
      refuses_bytes_ = true;
    } else if (errno != EINTR) {
      return FailErrno("sending", errno);
    }
  }
  return Progress::kWaiting;
}

HttpConnection::Progress HttpConnection::Receive(std::span<char> scratch) {
  while (true) {
    const ssize_t received = recv(fd_, scratch.data(), scratch.size(), 0);
    if (received < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) return Progress::kWaiting;
      return FailErrno("receiving", errno);
    }
    if (received == 0) {
      if (!waiting_for_answer_) return Fail(Unavailable("the server closed the connection"));
      const bool complete = parser_.Close() == HttpResponseParser::Event::kEnd;
      waiting_for_answer_ = false;
      return complete ? Progress::kAnswered : Fail(parser_.error());
    }
    bytes_received_ += static_cast<uint64_t>(received);
    const Progress progress = Take({scratch.data(), static_cast<size_t>(received)});
    if (progress != Progress::kWaiting) return progress;
    // Less than there was room for: the socket is empty, and the poller says when it is not.
    if (static_cast<size_t>(received) < scratch.size()) return Progress::kWaiting;
  }
}

HttpConnection::Progress HttpConnection::Take(std::string_view input) {
  if (!waiting_for_answer_) return Fail(InvalidArgument("the server sent an answer that nobody asked for"));
  while (true) {
    switch (parser_.Next(input)) {
      case HttpResponseParser::Event::kHead:
        break;
      case HttpResponseParser::Event::kBody:
        Keep(parser_.piece());
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

void HttpConnection::Keep(std::string_view piece) {
  piece = piece.substr(0, left_to_keep_);
  left_to_keep_ -= piece.size();
  if (!piece.empty()) body_->append(piece);
}

HttpConnection::Progress HttpConnection::Fail(Status error) {
  Close();
  error_ = std::move(error);
  return Progress::kFailed;
}

HttpConnection::Progress HttpConnection::FailErrno(const char* what, int error) {
  return Fail(Unavailable(std::string(what) + ": " + ErrorText(error)));
}

}  // namespace trireme::client
