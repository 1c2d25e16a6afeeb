// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "net/http_message.h"

namespace trireme::net {

// gRPC's status codes (https://grpc.io/docs/guides/status-codes/).
enum class GrpcCode : uint8_t {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

// "INVALID_ARGUMENT", as people know it.
std::string_view Name(GrpcCode code);

// How a call ends.
struct GrpcStatus {
  GrpcCode code = GrpcCode::kOk;
  std::string message;  // UTF-8; percent-encoded on its way
  // Further trailers, names in lower case. The value of a name that ends in "-bin" is given as plain bytes.
  std::vector<std::pair<std::string, std::string>> metadata;
};

// A call as its head tells it. `http` has the path ("/package.Service/Method") and the headers, which are the call's
// metadata, as sent ("-bin" values in Base64: see DecodeBinaryMetadata); its cancellation is set when the client goes
// away, resets the stream, or has waited past the deadline. It owns what it views, as an HttpRequest does.
struct GrpcHead {
  HttpRequest http;
  TimePoint deadline = kNever;  // from grpc-timeout
};

// A message that has come in whole, decompressed.
struct GrpcMessage {
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> storage;  // owns them; shared by tensors that view them
  TimePoint received;                   // when its last byte was read
};

// A message to be sent: text, with larger pieces inserted without a copy.
struct GrpcPayload {
  struct Insert {
    size_t at = 0;  // how many bytes of `text` come before it; not falling from one to the next
    BodyPart part;
  };
  std::string text;
  std::vector<Insert> inserts;

  size_t bytes() const {
    size_t sum = text.size();
    for (const Insert& insert : inserts) sum += insert.part.bytes.size();
    return sum;
  }
};

}  // namespace trireme::net
