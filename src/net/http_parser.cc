// SPDX-License-Identifier: Apache-2.0
#include "net/http_parser.h"

#include <charconv>

#include "net/http_chars.h"
#include "net/request_target.h"

namespace trireme::net {
namespace {

constexpr size_t kUsualHeaders = 16;

using MaybeError = std::optional<HttpError>;

HttpError Error(int status, std::string text) {
  return {.status = status, .text = std::move(text)};
}

// Of a line that is no header. What stands behind the name may be a key.
std::string NameIn(std::string_view line) {
  const size_t colon = line.find(':');
  return colon == line.npos ? "a line without ':'" : Quoted(line.substr(0, colon)) + " before the ':'";
}

HttpError BadRequest(std::string text) {
  return Error(400, std::move(text));
}

// Where a head ends, in bytes with its empty line; 0 if it does not end yet.
struct HeadEnd {
  size_t bytes = 0;
  bool bare_line_feed = false;
};

HeadEnd FindHeadEnd(std::string_view bytes, size_t from) {
  for (size_t at = bytes.find('\n', from); at != bytes.npos; at = bytes.find('\n', at + 1)) {
    if (at == 0 || bytes[at - 1] != '\r') return {.bare_line_feed = true};
    if (at >= 3 && bytes[at - 2] == '\n') return {.bytes = at + 1};
  }
  return {};
}

// Every LF of a head has its CR before it by now. A CR elsewhere stays in the line, whose grammar refuses it.
std::string_view TakeLine(std::string_view& head) {
  const size_t line_feed = head.find('\n');
  const std::string_view line = head.substr(0, line_feed - 1);
  head.remove_prefix(line_feed + 1);
  return line;
}

MaybeError ParseVersion(std::string_view version, RequestFraming& framing) {
  if (version == "HTTP/1.1") {
    framing.minor_version = 1;
    return std::nullopt;
  }
  if (version == "HTTP/1.0") {
    framing.minor_version = 0;
    framing.keep_alive = false;
    return std::nullopt;
  }
  if (version.starts_with("HTTP/")) {
    return Error(400, "HTTP version: expected HTTP/1.1 or HTTP/1.0, got " + Quoted(version));
  }
  return BadRequest("request line: expected 'METHOD /path HTTP/1.1', got " + Quoted(version) + " for the version");
}

MaybeError ParseRequestLine(std::string_view line, HttpRequest& request, RequestFraming& framing) {
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == line.npos || first == last) {
    return BadRequest("request line: expected 'METHOD /path HTTP/1.1', got " + Quoted(line));
  }
  request.method = line.substr(0, first);
  request.target = line.substr(first + 1, last - first - 1);
  if (request.method.empty() || !AllIn(chars::kToken, request.method)) {
    return BadRequest("method: expected a token, got " + Quoted(request.method));
  }
  if (MaybeError error = ParseVersion(line.substr(last + 1), framing)) return error;
  RequestTarget target;
  if (MaybeError error = ParseTarget(request.target, target)) return error;
  request.path = target.path;
  request.query = target.query;
  return std::nullopt;
}

// What the headers that frame the message said so far.
struct Seen {
  bool length = false;
  bool transfer_encoding = false;
  bool host = false;
  bool keep_alive = false;
  bool close = false;
};

MaybeError OnContentLength(std::string_view value, Seen& seen, RequestFraming& framing) {
  constexpr size_t kMostDigits = 19;  // any such number fits in 64 bits
  if (seen.length) return BadRequest("Content-Length: expected once, got it again");
  seen.length = true;
  const auto [end, failure] = std::from_chars(value.data(), value.data() + value.size(), framing.content_length);
  if (failure != std::errc() || end != value.data() + value.size() || value.size() > kMostDigits) {
    return BadRequest("Content-Length: expected 1 to 19 digits, got " + Quoted(value));
  }
  return std::nullopt;
}

MaybeError OnTransferEncoding(std::string_view value, Seen& seen, RequestFraming& framing) {
  if (seen.transfer_encoding) return BadRequest("Transfer-Encoding: expected once, got it again");
  seen.transfer_encoding = true;
  if (value.empty()) return BadRequest("Transfer-Encoding: expected 'chunked', got nothing");
  if (!EqualsIgnoringCase(value, "chunked")) {
    return Error(400, "Transfer-Encoding: expected 'chunked' alone, got " + Quoted(value));
  }
  framing.chunked = true;
  return std::nullopt;
}

MaybeError OnHost(std::string_view value, Seen& seen) {
  if (seen.host) return BadRequest("Host: expected once, got it again");
  seen.host = true;
  if (!AllIn(chars::kHost, value)) return BadRequest("Host: expected a host and perhaps a port, got " + Quoted(value));
  return std::nullopt;
}

MaybeError OnConnection(std::string_view value, Seen& seen) {
  for (std::string_view rest = value;;) {
    const size_t comma = rest.find(',');
    const std::string_view option = TrimBlanks(rest.substr(0, comma));
    if (!AllIn(chars::kToken, option)) return BadRequest("Connection: expected a list of tokens, got " + Quoted(value));
    seen.close |= EqualsIgnoringCase(option, "close");
    seen.keep_alive |= EqualsIgnoringCase(option, "keep-alive");
    if (comma == rest.npos) return std::nullopt;
    rest.remove_prefix(comma + 1);
  }
}

MaybeError OnExpect(std::string_view value, RequestFraming& framing) {
  if (framing.minor_version == 0) return std::nullopt;  // RFC 9110 section 10.1.1: to be ignored
  if (!EqualsIgnoringCase(value, "100-continue")) {
    return Error(417, "Expect: expected '100-continue', got " + Quoted(value));
  }
  framing.expects_continue = true;
  return std::nullopt;
}

// The length of a name tells most headers from those that matter here.
MaybeError OnHeader(const HttpHeader& header, Seen& seen, RequestFraming& framing) {
  const auto is = [&](std::string_view name) { return EqualsIgnoringCase(header.name, name); };
  switch (header.name.size()) {
    case 4:
      return is("host") ? OnHost(header.value, seen) : std::nullopt;
    case 6:
      return is("expect") ? OnExpect(header.value, framing) : std::nullopt;
    case 10:
      return is("connection") ? OnConnection(header.value, seen) : std::nullopt;
    case 14:
      return is("content-length") ? OnContentLength(header.value, seen, framing) : std::nullopt;
    case 17:
      return is("transfer-encoding") ? OnTransferEncoding(header.value, seen, framing) : std::nullopt;
    default:
      return std::nullopt;
  }
}

// What can only be said when all headers are known.
MaybeError Conclude(const Seen& seen, RequestFraming& framing) {
  if (framing.minor_version == 1 && !seen.host) return BadRequest("Host: expected once in HTTP/1.1, got none");
  if (seen.length && seen.transfer_encoding) {
    return BadRequest("Content-Length and Transfer-Encoding: expected one of them, got both");
  }
  if (framing.minor_version == 0 && seen.transfer_encoding) {
    return BadRequest("Transfer-Encoding: expected none in HTTP/1.0, got one");
  }
  framing.keep_alive = !seen.close && (framing.minor_version == 1 || seen.keep_alive);
  return std::nullopt;
}

}  // namespace

std::optional<HttpHeader> ParseHeaderLine(std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == line.npos || colon == 0) return std::nullopt;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = line.substr(colon + 1);
  if (!AllIn(chars::kToken, name) || !AllIn(chars::kFieldValue, value)) return std::nullopt;
  return HttpHeader{.name = name, .value = TrimBlanks(value)};
}

RequestParser::State RequestParser::Fail(int status, std::string text) {
  error_ = Error(status, std::move(text));
  return State::kFailed;
}

RequestParser::State RequestParser::Parse(std::string_view bytes, HttpRequest& request) {
  if (bytes.empty()) return State::kNeedsMore;
  if (!IsIn(chars::kToken, bytes.front())) {
    return Fail(400,
                "request line: expected 'METHOD /path HTTP/1.1', got " + Quoted(bytes.substr(0, bytes.find('\r'))));
  }
  const HeadEnd end = FindHeadEnd(bytes, scanned_);
  scanned_ = bytes.size();
  if (end.bare_line_feed) return Fail(400, "request head: expected lines that end in CR LF, got a bare LF");
  if (end.bytes > limits_.max_head_bytes || (end.bytes == 0 && bytes.size() >= limits_.max_head_bytes)) {
    return Fail(431, "request head: expected at most " + std::to_string(limits_.max_head_bytes) +
                         " bytes (max_head_bytes), got more");
  }
  if (end.bytes == 0) return State::kNeedsMore;
  return ParseHead(bytes.substr(0, end.bytes), request);
}

RequestParser::State RequestParser::ParseHead(std::string_view head, HttpRequest& request) {
  framing_ = {.head_bytes = head.size()};
  Seen seen;
  MaybeError error = ParseRequestLine(TakeLine(head), request, framing_);
  request.headers.clear();
  request.headers.reserve(kUsualHeaders);
  while (!error && head.size() > 2) {
    const std::string_view line = TakeLine(head);
    const auto header = ParseHeaderLine(line);
    if (!header) return Fail(400, "header line: expected 'Name: value', got " + NameIn(line));
    if (request.headers.size() == limits_.max_headers) {
      return Fail(431, "headers: expected at most " + std::to_string(limits_.max_headers) + " (max_headers), got more");
    }
    request.headers.push_back(*header);
    error = OnHeader(*header, seen, framing_);
  }
  if (!error) error = Conclude(seen, framing_);
  if (!error) return State::kDone;
  error_ = *std::move(error);
  return State::kFailed;
}

}  // namespace trireme::net
