// SPDX-License-Identifier: Apache-2.0
#include "client/grpc_call.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "base/check.h"

namespace trireme::client {
namespace {

using net::GrpcCode;

constexpr std::array<StatusCode, 17> kCodes = {
    StatusCode::kOk,               // OK
    StatusCode::kCancelled,        // CANCELLED
    StatusCode::kInternal,         // UNKNOWN
    StatusCode::kInvalidArgument,  // INVALID_ARGUMENT
    StatusCode::kDeadlineExceeded,
    StatusCode::kNotFound,
    StatusCode::kAlreadyExists,
    StatusCode::kPermissionDenied,
    StatusCode::kOverloaded,       // RESOURCE_EXHAUSTED
    StatusCode::kInvalidArgument,  // FAILED_PRECONDITION
    StatusCode::kUnavailable,      // ABORTED
    StatusCode::kInvalidArgument,  // OUT_OF_RANGE
    StatusCode::kUnsupported,      // UNIMPLEMENTED
    StatusCode::kInternal,
    StatusCode::kUnavailable,
    StatusCode::kInternal,  // DATA_LOSS
    StatusCode::kUnauthenticated,
};

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

GrpcHead PrepareCall(const Url& url, std::string_view method, std::optional<std::chrono::milliseconds> timeout,
                     const GrpcMetadata& metadata) {
  GrpcHead head;
  head.headers = {{":method", "POST"},
                  {":scheme", url.tls ? "https" : "http"},
                  {":path", std::string(method)},
                  {":authority", url.Authority()},
                  {"te", "trailers"},
                  {"content-type", "application/grpc"},
                  {"user-agent", "trireme"}};
  if (timeout) head.headers.emplace_back("grpc-timeout", GrpcTimeout(*timeout));
  head.headers.insert(head.headers.end(), metadata.begin(), metadata.end());
  return head;
}

std::string GrpcTimeout(std::chrono::milliseconds timeout) {
  constexpr int64_t kMost = 99'999'999;
  if (timeout.count() <= kMost) return std::to_string(timeout.count()) + "m";
  return std::to_string(std::min<int64_t>(std::chrono::ceil<std::chrono::seconds>(timeout).count(), kMost)) + "S";
}

std::string GrpcPrefix(size_t message_bytes) {
  CHECK(message_bytes <= UINT32_MAX);
  std::string prefix(5, '\0');
  for (int i = 0; i < 4; ++i) prefix[static_cast<size_t>(4 - i)] = static_cast<char>(message_bytes >> (8 * i));
  return prefix;
}

Status StatusOf(const GrpcEnd& end) {
  if (end.code == GrpcCode::kOk) return Status();
  const auto number = static_cast<size_t>(end.code);
  const StatusCode code = number < kCodes.size() ? kCodes[number] : StatusCode::kInternal;
  std::string message = "gRPC status " + std::string(Name(end.code));
  if (!end.message.empty()) message += ": " + end.message;
  return {code, std::move(message)};
}

GrpcCode CodeOfHttp(int status) {
  switch (status) {
    case 400:
      return GrpcCode::kInternal;
    case 401:
      return GrpcCode::kUnauthenticated;
    case 403:
      return GrpcCode::kPermissionDenied;
    case 404:
      return GrpcCode::kUnimplemented;
    case 429:
    case 502:
    case 503:
    case 504:
      return GrpcCode::kUnavailable;
    default:
      return GrpcCode::kUnknown;
  }
}

std::string DecodeGrpcMessage(std::string_view text) {
  std::string decoded;
  while (!text.empty()) {
    if (text[0] == '%' && text.size() >= 3 && HexDigit(text[1]) >= 0 && HexDigit(text[2]) >= 0) {
      decoded += static_cast<char>(HexDigit(text[1]) << 4 | HexDigit(text[2]));
      text.remove_prefix(3);
    } else {
      decoded += text[0];
      text.remove_prefix(1);
    }
  }
  return decoded;
}

GrpcCode ParseGrpcCode(std::string_view text) {
  uint8_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number >= kCodes.size()) return GrpcCode::kUnknown;
  return static_cast<GrpcCode>(number);
}

}  // namespace trireme::client
