// SPDX-License-Identifier: Apache-2.0
#include "net/http2_dispatch.h"

#include <utility>

#include "net/grpc_metadata.h"
#include "net/http_chars.h"

namespace trireme::net {
namespace {

void RefuseCall(Http2ServerStream& stream, GrpcCode code, std::string text) {
  Http2Headers fields = {{"content-type", "application/grpc"}};
  for (auto& field : StatusTrailers({.code = code, .message = std::move(text), .metadata = {}})) {
    fields.push_back(std::move(field));
  }
  stream.SendHead(200, std::move(fields), /*end=*/true);
}

void RefuseRequest(Http2ServerStream& stream, const HttpError& error) {
  HttpResponse response = ErrorResponse(error);
  Http2Headers fields = std::move(response.headers);
  fields.emplace_back("content-length", std::to_string(response.body.size()));
  stream.SpeakHttp();
  stream.SendHead(response.status, std::move(fields), /*end=*/false);
  stream.SendData({.text = std::move(response.body), .inserts = {}});
  stream.SendEnd({});
}

}  // namespace

bool IsGrpcCall(const HttpRequest& head) {
  constexpr std::string_view kType = "application/grpc";
  if (head.method != "POST") return false;
  const std::string_view* const type = head.Find("content-type");
  if (type == nullptr || !EqualsIgnoringCase(type->substr(0, kType.size()), kType)) return false;
  return type->size() == kType.size() || (*type)[kType.size()] == '+' || (*type)[kType.size()] == ';';
}

void ServeHttp2Stream(Http2ServerStream& stream, const Reception& reception, HttpRequest head,
                      const std::optional<HttpError>& problem, bool end) {
  NetCounters& counters = stream.network().counters;
  counters.requests.fetch_add(1, std::memory_order_relaxed);
  if (problem) counters.bad_requests.fetch_add(1, std::memory_order_relaxed);
  const bool is_call = IsGrpcCall(head);
  if (problem && is_call) {
    const bool too_large = problem->status == 431;
    return RefuseCall(stream, too_large ? GrpcCode::kResourceExhausted : GrpcCode::kUnimplemented, problem->text);
  }
  if (problem) return RefuseRequest(stream, *problem);
  if (is_call && reception.grpc == nullptr) {
    return RefuseCall(stream, GrpcCode::kUnimplemented, "no gRPC service is served at this address");
  }
  if (is_call) return stream.Serve(ServeGrpcCall(stream, *reception.grpc, std::move(head), end));
  stream.SpeakHttp();
  stream.Serve(ServeHttpRequest(stream, *reception.http, std::move(head), end));
}

}  // namespace trireme::net
