// SPDX-License-Identifier: Apache-2.0
#include "net/testing/fake_http2_stream.h"

#include <algorithm>

namespace trireme::net {
namespace {

// A head as text, and views of it.
struct KeptHead {
  std::string path;
  std::vector<std::pair<std::string, std::string>> headers;
};

}  // namespace

FakeHttp2Connection::FakeHttp2Connection(NetOptions options) : network_(std::move(options), pool_), loop_(clock_) {
  loop_.executor()->BindToThisThread();
}

FakeHttp2Connection::~FakeHttp2Connection() = default;

void FakeHttp2Connection::Advance(Duration by) {
  clock_.Advance(by);
  Turn();
}

HttpRequest FakeHttp2Stream::Head(std::vector<std::pair<std::string, std::string>> headers, std::string path) {
  const auto kept = std::make_shared<KeptHead>(KeptHead{std::move(path), std::move(headers)});  // as in a real request
  const auto has_type = [](const auto& header) { return header.first == "content-type"; };
  if (std::none_of(kept->headers.begin(), kept->headers.end(), has_type)) {
    kept->headers.emplace_back("content-type", "application/grpc");
  }
  HttpRequest head{.method = "POST", .target = kept->path, .path = kept->path, .peer = "192.0.2.1:4711"};
  for (const auto& [name, value] : kept->headers) head.headers.push_back({name, value});
  head.storage = kept;
  return head;
}

void FakeHttp2Stream::Open(GrpcHandler& handler, HttpRequest head, bool end) {
  server_ = ServeGrpcCall(*this, handler, std::move(head), end);
}

void FakeHttp2Stream::Data(std::string_view bytes) {
  server_->OnData(std::as_bytes(std::span(bytes)));
}

void FakeHttp2Stream::End() {
  server_->OnEnd();
}

void FakeHttp2Stream::Gone() {
  server_->OnGone();
  server_.reset();
}

void FakeHttp2Stream::PassTime(Duration by) {
  connection_.Advance(by);
  const TimePoint now = connection_.loop().now();
  if (server_ == nullptr || now < deadline) return;
  deadline = kNever;
  server_->OnDeadline(now);
}

void FakeHttp2Stream::Take(size_t bytes) {
  unsent_ -= std::min(bytes, unsent_);
  if (server_ != nullptr) server_->OnSent();
}

int FakeHttp2Stream::grpc_status() const {
  const std::string text = Find("grpc-status");
  return text.empty() ? -1 : std::stoi(text);
}

std::string FakeHttp2Stream::Find(std::string_view name) const {
  for (const Http2Headers* list : {&trailers, &headers}) {
    for (const auto& [key, value] : *list) {
      if (key == name) return value;
    }
  }
  return "";
}

void FakeHttp2Stream::SendHead(int sent_status, Http2Headers sent_headers, bool end) {
  words_after_end += ended || status != 0 ? 1 : 0;
  status = sent_status;
  headers = std::move(sent_headers);
  ended = end;
}

void FakeHttp2Stream::SendData(GrpcPayload piece) {
  words_after_end += ended || status == 0 ? 1 : 0;
  unsent_ += piece.bytes();
  size_t at = 0;
  for (const GrpcPayload::Insert& insert : piece.inserts) {
    data.append(piece.text, at, insert.at - at);
    data.append(reinterpret_cast<const char*>(insert.part.bytes.data()), insert.part.bytes.size());
    at = insert.at;
  }
  data.append(piece.text, at);
}

void FakeHttp2Stream::SendEnd(Http2Headers sent_trailers) {
  words_after_end += ended ? 1 : 0;
  trailers = std::move(sent_trailers);
  ended = true;
}

void FakeHttp2Stream::Reset(uint32_t error_code) {
  words_after_end += reset ? 1 : 0;
  reset = error_code;
}

}  // namespace trireme::net
