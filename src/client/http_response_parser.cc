// SPDX-License-Identifier: Apache-2.0
#include "client/http_response_parser.h"

#include <algorithm>
#include <charconv>

namespace trireme::client {
namespace {

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

// RFC 9110, 5.6.2.
bool IsTokenByte(char c) {
  const char lower = static_cast<char>(c | 0x20);
  return (lower >= 'a' && lower <= 'z') || IsDigit(c) ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string::npos;
}

// What a value or a reason may hold: anything but control characters, tabs excepted.
bool IsTextByte(char c) {
  return c == '\t' || (static_cast<unsigned char>(c) >= ' ' && c != 0x7F);
}

char ToLower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

bool EqualsLower(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, {}, ToLower);
}

// Whether a list such as "keep-alive, Upgrade" has this member.
bool ListHas(std::string_view list, std::string_view lower_member) {
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    std::string_view member = list.substr(0, comma);
    member.remove_prefix(std::min(member.find_first_not_of(" \t"), member.size()));
    member = member.substr(0, member.find_last_not_of(" \t") + 1);
    if (EqualsLower(member, lower_member)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

Status Malformed(std::string_view expected, std::string_view got) {
  constexpr size_t kMostShown = 64;
  return InvalidArgument("response: expected " + std::string(expected) + ", got \"" +
                         std::string(got.substr(0, kMostShown)) + "\"");
}

template <typename Number>
std::optional<Number> ParseNumber(std::string_view digits, int base) {
  Number number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

}  // namespace

void HttpResponseParser::Reset(bool to_head) {
  state_ = State::kHead;
  to_head_ = to_head;
  head_.clear();
  line_.clear();
  fields_.clear();
  is_http_1_0_ = false;
  keeps_alive_ = true;
  body_bytes_ = 0;
  error_ = Status();
}

HttpResponseParser::Event HttpResponseParser::Next(std::string_view& input) {
  switch (state_) {
    case State::kHead:
      return NextHead(input);
    case State::kChunkSize:
      return NextChunkSize(input);
    case State::kChunkEnd:
      return NextChunkEnd(input);
    case State::kTrailers:
      return NextTrailers(input);
    case State::kDone:
      return Event::kEnd;
    case State::kFailed:
      return Event::kFailed;
    case State::kFixedBody:
    case State::kBodyToTheEnd:
    case State::kChunk:
      return NextPiece(input);
  }
  return Event::kFailed;
}

HttpResponseParser::Event HttpResponseParser::Close() {
  if (state_ == State::kDone || state_ == State::kBodyToTheEnd) {
    state_ = State::kDone;
    keeps_alive_ = false;
    return Event::kEnd;
  }
  if (state_ == State::kFailed) return Event::kFailed;
  return Fail(Unavailable(state_ == State::kHead && head_.empty()
                              ? "the server closed the connection without an answer"
                              : "the server closed the connection within an answer"));
}

HttpResponseParser::Event HttpResponseParser::Fail(Status error) {
  state_ = State::kFailed;
  keeps_alive_ = false;
  error_ = std::move(error);
  return Event::kFailed;
}

bool HttpResponseParser::Collect(std::string& into, std::string_view& input, std::string_view end) {
  while (!input.empty()) {
    const size_t newline = input.find('\n');
    const size_t take = newline == std::string_view::npos ? input.size() : newline + 1;
    if (take > limits_.max_head_bytes - into.size()) {
      Fail(TooLarge("response: head, chunk line or trailers of more than " + std::to_string(limits_.max_head_bytes) +
                    " bytes"));
      return false;
    }
    into.append(input.substr(0, take));
    input.remove_prefix(take);
    if (into.ends_with(end)) return true;
  }
  return false;
}

HttpResponseParser::Event HttpResponseParser::NextHead(std::string_view& input) {
  while (Collect(head_, input, "\r\n\r\n")) {
    if (Status status = ParseHead(); !status.ok()) return Fail(std::move(status));
    if (status_ >= 200) {
      if (Status status = PlanBody(); !status.ok()) return Fail(std::move(status));
      return Event::kHead;
    }
    if (status_ == 101) return Fail(Malformed("an answer", "a switch of protocols"));
    head_.clear();
    fields_.clear();
  }
  return state_ == State::kFailed ? Event::kFailed : Event::kNeedMore;
}

Status HttpResponseParser::ParseHead() {
  size_t begin = head_.find("\r\n");
  RETURN_IF_ERROR(ParseStatusLine(std::string_view(head_).substr(0, begin)));
  for (begin += 2; begin + 2 < head_.size();) {
    const size_t end = head_.find("\r\n", begin);
    RETURN_IF_ERROR(ParseField(begin, end));
    begin = end + 2;
  }
  return Status();
}

Status HttpResponseParser::ParseStatusLine(std::string_view line) {
  const bool is_1_1 = line.starts_with("HTTP/1.1 ");
  is_http_1_0_ = line.starts_with("HTTP/1.0 ");
  const bool has_code = line.size() >= 12 && std::ranges::all_of(line.substr(9, 3), IsDigit) && line[9] != '0';
  const bool has_reason = line.size() == 12 || (line.size() > 12 && line[12] == ' ');  // servers do leave the blank out
  if ((!is_1_1 && !is_http_1_0_) || !has_code || !has_reason || !std::ranges::all_of(line, IsTextByte)) {
    return Malformed("a status line like \"HTTP/1.1 200 OK\"", line);
  }
  status_ = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
  return Status();
}

Status HttpResponseParser::ParseField(size_t begin, size_t end) {
  const std::string_view line = std::string_view(head_).substr(begin, end - begin);
  const size_t colon = line.find(':');
  const std::string_view name = line.substr(0, colon);
  if (colon == std::string_view::npos || name.empty() || !std::ranges::all_of(name, IsTokenByte) ||
      !std::ranges::all_of(line, IsTextByte)) {
    return Malformed("a header like \"Name: value\"", line);
  }
  const size_t value = std::min(line.find_first_not_of(" \t", colon + 1), line.size());
  const size_t value_end = std::max(line.find_last_not_of(" \t") + 1, value);
  fields_.push_back({begin, begin + colon, begin + value, begin + value_end});
  return Status();
}

// RFC 9112, 6.3, without its leniencies.
Status HttpResponseParser::PlanBody() {
  std::optional<std::string_view> length;
  std::optional<std::string_view> coding;
  keeps_alive_ = !is_http_1_0_;
  for (const Field& field : fields_) {
    const std::string_view name = Name(field);
    const std::string_view value = Value(field);
    if (EqualsLower(name, "content-length")) {
      if (length) return Malformed("one Content-Length", "two");
      length = value;
    } else if (EqualsLower(name, "transfer-encoding")) {
      if (coding) return Malformed("one Transfer-Encoding", "two");
      coding = value;
    } else if (EqualsLower(name, "connection")) {
      if (ListHas(value, "close")) keeps_alive_ = false;
    }
  }
  if (length && coding) return Malformed("a Content-Length or a Transfer-Encoding", "both");
  if (coding && (is_http_1_0_ || !EqualsLower(*coding, "chunked"))) return Malformed("\"chunked\"", *coding);
  left_ = 0;
  if (length) {
    const std::optional<uint64_t> bytes = ParseNumber<uint64_t>(*length, 10);
    if (!bytes || !std::ranges::all_of(*length, IsDigit)) return Malformed("a Content-Length in digits", *length);
    left_ = *bytes;
  }
  if (to_head_ || status_ == 204 || status_ == 304) {
    left_ = 0;
    state_ = State::kFixedBody;
    return Status();
  }
  state_ = coding ? State::kChunkSize : length ? State::kFixedBody : State::kBodyToTheEnd;
  return CountBody(left_);
}

Status HttpResponseParser::CountBody(uint64_t bytes) {
  if (bytes > limits_.max_body_bytes - body_bytes_) {
    return TooLarge("response: a body of more than " + std::to_string(limits_.max_body_bytes) + " bytes");
  }
  body_bytes_ += bytes;
  return Status();
}

HttpResponseParser::Event HttpResponseParser::NextPiece(std::string_view& input) {
  if (state_ == State::kBodyToTheEnd) {
    if (input.empty()) return Event::kNeedMore;
    if (Status status = CountBody(input.size()); !status.ok()) return Fail(std::move(status));
    piece_ = std::exchange(input, {});
    return Event::kBody;
  }
  if (left_ == 0) {  // of a fixed body: a chunk's end is met below
    state_ = State::kDone;
    return Event::kEnd;
  }
  if (input.empty()) return Event::kNeedMore;
  piece_ = input.substr(0, std::min<uint64_t>(left_, input.size()));
  input.remove_prefix(piece_.size());
  left_ -= piece_.size();
  if (state_ == State::kChunk && left_ == 0) state_ = State::kChunkEnd;
  return Event::kBody;
}

HttpResponseParser::Event HttpResponseParser::NextChunkSize(std::string_view& input) {
  if (!Collect(line_, input, "\r\n")) return state_ == State::kFailed ? Event::kFailed : Event::kNeedMore;
  const std::string_view line = std::string_view(line_).substr(0, line_.size() - 2);
  const std::string_view size = line.substr(0, line.find_first_of("; \t"));
  const std::optional<uint64_t> bytes = ParseNumber<uint64_t>(size, 16);
  if (!bytes || !std::ranges::all_of(line, IsTextByte)) return Fail(Malformed("a chunk's size in hex", line));
  if (Status status = CountBody(*bytes); !status.ok()) return Fail(std::move(status));
  left_ = *bytes;
  line_.clear();
  state_ = left_ == 0 ? State::kTrailers : State::kChunk;
  return Next(input);
}

HttpResponseParser::Event HttpResponseParser::NextChunkEnd(std::string_view& input) {
  if (!Collect(line_, input, "\n")) return state_ == State::kFailed ? Event::kFailed : Event::kNeedMore;
  if (line_ != "\r\n") return Fail(Malformed("a chunk's end", line_));
  line_.clear();
  state_ = State::kChunkSize;
  return Next(input);
}

// Read for their bounds and end; nobody asked for their values.
HttpResponseParser::Event HttpResponseParser::NextTrailers(std::string_view& input) {
  if (line_.empty() && input.empty()) return Event::kNeedMore;
  while (Collect(line_, input, "\r\n")) {
    if (line_ == "\r\n" || line_.ends_with("\r\n\r\n")) {
      state_ = State::kDone;
      return Event::kEnd;
    }
  }
  return state_ == State::kFailed ? Event::kFailed : Event::kNeedMore;
}

std::optional<std::string_view> HttpResponseParser::Find(std::string_view lower_case_name) const {
  for (const Field& field : fields_) {
    if (EqualsLower(Name(field), lower_case_name)) return Value(field);
  }
  return std::nullopt;
}

std::vector<std::pair<std::string_view, std::string_view>> HttpResponseParser::headers() const {
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  headers.reserve(fields_.size());
  for (const Field& field : fields_) headers.emplace_back(Name(field), Value(field));
  return headers;
}

}  // namespace trireme::client
