// SPDX-License-Identifier: Apache-2.0
#include "net/http2_head.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "net/request_target.h"

namespace trireme::net {
namespace {

// The memory that a request's head lies in.
class HeadBlock {
 public:
  HeadBlock(std::string_view text, std::shared_ptr<RequestsInHand> in_hand) : in_hand_(std::move(in_hand)) {
    in_hand_->fetch_add(1, std::memory_order_relaxed);
    if (text.size() > inline_.size()) large_ = std::make_unique_for_overwrite<char[]>(text.size());
    std::memcpy(large_ ? large_.get() : inline_.data(), text.data(), text.size());
  }
  ~HeadBlock() { in_hand_->fetch_sub(1, std::memory_order_relaxed); }
  HeadBlock(const HeadBlock&) = delete;
  HeadBlock& operator=(const HeadBlock&) = delete;

  const char* data() const { return large_ ? large_.get() : inline_.data(); }

 private:
  const std::shared_ptr<RequestsInHand> in_hand_;  // shared by all requests of a connection, and with it
  std::unique_ptr<char[]> large_;                  // if the head does not fit here:
  std::array<char, 944> inline_;                   // one allocation, of a size that malloc keeps at hand
};

}  // namespace

Http2Head::Http2Head(const HttpLimits& limits, std::string peer) : limits_(limits), peer_(std::move(peer)) {}

void Http2Head::Begin() {
  text_ = peer_;
  fields_.clear();
  method_ = target_ = authority_ = {};
  bytes_ = 0;
  count_ = 0;
}

void Http2Head::Add(std::string_view name, std::string_view value) {
  constexpr size_t kFieldOverhead = 32;
  bytes_ += name.size() + value.size() + kFieldOverhead;
  if (bytes_ > limits_.max_head_bytes) return;
  if (name.starts_with(':')) return KeepPseudo(name, value);
  if (++count_ > limits_.max_headers) return;
  const Piece kept_name = Keep(name);
  fields_.push_back({.name = kept_name, .value = Keep(value)});
}

Http2Head::Piece Http2Head::Keep(std::string_view text) {
  const Piece piece{.at = static_cast<uint32_t>(text_.size()), .size = static_cast<uint32_t>(text.size())};
  text_ += text;
  return piece;
}

void Http2Head::KeepPseudo(std::string_view name, std::string_view value) {
  if (name == ":method") method_ = Keep(value);
  if (name == ":path") target_ = Keep(value);
  if (name == ":authority") authority_ = Keep(value);
}

std::optional<HttpError> Http2Head::Finish(HttpRequest& request, const std::shared_ptr<RequestsInHand>& in_hand) {
  const auto block = std::make_shared<HeadBlock>(text_, in_hand);
  const auto view = [&](Piece piece) { return std::string_view(block->data() + piece.at, piece.size); };
  request.storage = block;
  request.peer = view({.at = 0, .size = static_cast<uint32_t>(peer_.size())});
  request.method = view(method_);
  request.target = view(target_);
  request.headers.reserve(fields_.size() + 1);
  // What HTTP/1.1 says in a field, whoever looks for it finds there.
  if (authority_.size > 0) request.headers.push_back({.name = "host", .value = view(authority_)});
  for (const Field& field : fields_) request.headers.push_back({.name = view(field.name), .value = view(field.value)});
  if (auto problem = LimitProblem()) return problem;
  return Check(request);
}

std::optional<HttpError> Http2Head::LimitProblem() const {
  if (bytes_ > limits_.max_head_bytes) {
    return HttpError{.status = 431,
                     .text = "request head: expected at most " + std::to_string(limits_.max_head_bytes) +
                             " bytes (max_head_bytes), got " + std::to_string(bytes_)};
  }
  if (count_ > limits_.max_headers) {
    return HttpError{.status = 431,
                     .text = "request head: expected at most " + std::to_string(limits_.max_headers) +
                             " headers (max_headers), got " + std::to_string(count_)};
  }
  return std::nullopt;
}

std::optional<HttpError> Http2Head::Check(HttpRequest& request) {
  if (request.method == "CONNECT") {
    return HttpError{.status = 400, .text = "request method: expected one with a path, got 'CONNECT'"};
  }
  RequestTarget parsed;
  if (auto problem = ParseTarget(request.target, parsed)) return problem;
  request.path = parsed.path;
  request.query = parsed.query;
  const std::string_view* const host = request.Find("host");
  if (host == nullptr) return std::nullopt;
  const auto differs = [&](const HttpHeader& header) { return header.name == "host" && header.value != *host; };
  if (std::any_of(request.headers.begin(), request.headers.end(), differs)) {
    return HttpError{.status = 400, .text = "host: expected one, got several that differ"};
  }
  return std::nullopt;
}

}  // namespace trireme::net
