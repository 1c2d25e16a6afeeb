// SPDX-License-Identifier: Apache-2.0
#include "net/chunked_decoder.h"

#include <algorithm>
#include <charconv>

#include "net/http_chars.h"
#include "net/http_parser.h"

namespace trireme::net {
namespace {

struct Line {
  bool complete = false;
  std::string_view text;  // without its CR LF
  size_t bytes = 0;       // with it
};

// Up to the first LF; a line that has a bare CR or LF in it fails in its grammar, because of the CR that is missing or
// left.
Line FirstLine(std::string_view bytes) {
  const size_t end = bytes.find('\n');
  if (end == bytes.npos) return {};
  const bool has_carriage_return = end > 0 && bytes[end - 1] == '\r';
  return {.complete = true, .text = bytes.substr(0, has_carriage_return ? end - 1 : end + 1), .bytes = end + 1};
}

std::string_view TakeToken(std::string_view& text) {
  size_t length = 0;
  while (length < text.size() && IsIn(chars::kToken, text[length])) ++length;
  const std::string_view token = text.substr(0, length);
  text.remove_prefix(length);
  return token;
}

// A quoted string (RFC 9110 section 5.6.4) at the beginning; false if there is none.
bool TakeQuotedString(std::string_view& text) {
  if (!text.starts_with('"')) return false;
  for (size_t i = 1; i < text.size() && IsIn(chars::kFieldValue, text[i]); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      ++i;
      if (!IsIn(chars::kFieldValue, text[i])) return false;
    } else if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return true;
    }
  }
  return false;
}

// ";name", ";name=value", ";name=\"value\"", any number of them; without the blanks that a lenient reader would allow.
bool AreExtensions(std::string_view text) {
  while (!text.empty()) {
    if (text.front() != ';') return false;
    text.remove_prefix(1);
    if (TakeToken(text).empty()) return false;
    if (!text.starts_with('=')) continue;
    text.remove_prefix(1);
    if (TakeToken(text).empty() && !TakeQuotedString(text)) return false;
  }
  return true;
}

// "1a", "1a;name=value"; false if it is anything else.
bool ParseSizeLine(std::string_view line, uint64_t& size) {
  constexpr size_t kMostDigits = 16;  // any such number fits in 64 bits
  const std::string_view digits = line.substr(0, line.find(';'));
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
  return failure == std::errc() && end == digits.data() + digits.size() && digits.size() <= kMostDigits &&
         AreExtensions(line.substr(digits.size()));
}

// Headers that say where a message ends or whom it is for have no place behind it (RFC 9110 section 6.5.1).
bool MayBeTrailer(std::string_view name) {
  for (const std::string_view header :
       {"content-length", "transfer-encoding", "host", "connection", "proxy-connection"}) {
    if (EqualsIgnoringCase(name, header)) return false;
  }
  return true;
}

}  // namespace

ChunkedDecoder::Step ChunkedDecoder::Fail(int status, std::string text) {
  error_ = {.status = status, .text = std::move(text)};
  return {.state = State::kFailed};
}

ChunkedDecoder::Step ChunkedDecoder::Next(std::string_view bytes) {
  size_t consumed = 0;
  while (true) {
    Step step;
    switch (expect_) {
      case Expect::kSize:
        step = ReadSize(bytes);
        break;
      case Expect::kData:
        step = ReadData(bytes);
        break;
      case Expect::kDataEnd:
        step = ReadDataEnd(bytes);
        break;
      case Expect::kTrailer:
        step = ReadTrailer(bytes);
        break;
    }
    bytes.remove_prefix(step.consumed);
    consumed += step.consumed;
    // Steps that are only framing are not worth a return: go on until there is data, an end, or nothing left to read.
    if (step.state == State::kNeedsMore && step.consumed > 0) continue;
    step.consumed = consumed;
    return step;
  }
}

ChunkedDecoder::Step ChunkedDecoder::ReadSize(std::string_view bytes) {
  const Line line = FirstLine(bytes);
  if (line.bytes > kMaxSizeLineBytes || (!line.complete && bytes.size() >= kMaxSizeLineBytes)) {
    return Fail(400, "chunk size line: expected at most " + std::to_string(kMaxSizeLineBytes) + " bytes, got more");
  }
  if (!line.complete) return {};
  uint64_t size = 0;
  if (!ParseSizeLine(line.text, size)) {
    return Fail(400,
                "chunk size: expected 1 to 16 hex digits, perhaps extensions, and CR LF, got " + Quoted(line.text));
  }
  return BeginChunk(size, line.bytes);
}

ChunkedDecoder::Step ChunkedDecoder::BeginChunk(uint64_t size, size_t consumed) {
  if (size > max_body_bytes_ - body_bytes_) {
    return Fail(413, "body: expected at most " + std::to_string(max_body_bytes_) + " bytes, got more in chunks");
  }
  if (size > 0 && ++chunks_ > kMaxChunks) {
    return Fail(400, "body: expected at most " + std::to_string(kMaxChunks) + " chunks, got more");
  }
  body_bytes_ += size;
  chunk_left_ = size;
  expect_ = size == 0 ? Expect::kTrailer : Expect::kData;
  return {.consumed = consumed};
}

ChunkedDecoder::Step ChunkedDecoder::ReadData(std::string_view bytes) {
  if (bytes.empty()) return {};
  const std::string_view data = bytes.substr(0, std::min<uint64_t>(chunk_left_, bytes.size()));
  chunk_left_ -= data.size();
  if (chunk_left_ == 0) expect_ = Expect::kDataEnd;
  return {.state = State::kData, .consumed = data.size(), .data = data};
}

ChunkedDecoder::Step ChunkedDecoder::ReadDataEnd(std::string_view bytes) {
  constexpr std::string_view kEnd = "\r\n";
  if (!kEnd.starts_with(bytes.substr(0, kEnd.size()))) {
    return Fail(
        400, "chunk: expected CR LF after as many bytes as its size said, got " + Quoted(bytes.substr(0, kEnd.size())));
  }
  if (bytes.size() < kEnd.size()) return {};
  expect_ = Expect::kSize;
  return {.consumed = kEnd.size()};
}

ChunkedDecoder::Step ChunkedDecoder::ReadTrailer(std::string_view bytes) {
  const Line line = FirstLine(bytes);
  if (trailer_bytes_ + (line.complete ? line.bytes : bytes.size()) > kMaxTrailerBytes) {
    return Fail(431, "trailers: expected at most " + std::to_string(kMaxTrailerBytes) + " bytes, got more");
  }
  if (!line.complete) return {};
  trailer_bytes_ += line.bytes;
  if (line.text.empty()) return {.state = State::kDone, .consumed = line.bytes};
  const auto trailer = ParseHeaderLine(line.text);
  if (!trailer) return Fail(400, "trailer: expected 'Name: value', got " + Quoted(line.text));
  if (!MayBeTrailer(trailer->name)) return Fail(400, "trailer: expected no " + Quoted(trailer->name) + ", got one");
  return {.consumed = line.bytes};
}

}  // namespace trireme::net
