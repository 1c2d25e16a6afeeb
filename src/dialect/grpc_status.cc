// SPDX-License-Identifier: Apache-2.0
#include "dialect/dialect.h"

#include <chrono>
#include <string>

namespace trireme {
namespace {

net::GrpcCode ToGrpcCode(StatusCode code) {
  switch (code) {
    case StatusCode::kOk:
      return net::GrpcCode::kOk;
    case StatusCode::kInvalidArgument:
      return net::GrpcCode::kInvalidArgument;
    case StatusCode::kUnsupported:  // "or is not supported or enabled in this service", says its definition
      return net::GrpcCode::kUnimplemented;
    case StatusCode::kNotFound:
      return net::GrpcCode::kNotFound;
    case StatusCode::kAlreadyExists:
      return net::GrpcCode::kAlreadyExists;
    case StatusCode::kTooLarge:
    case StatusCode::kOverloaded:
    case StatusCode::kOutOfMemory:
      return net::GrpcCode::kResourceExhausted;
    case StatusCode::kUnauthenticated:
      return net::GrpcCode::kUnauthenticated;
    case StatusCode::kPermissionDenied:
      return net::GrpcCode::kPermissionDenied;
    case StatusCode::kUnavailable:
      return net::GrpcCode::kUnavailable;
    case StatusCode::kDeadlineExceeded:
      return net::GrpcCode::kDeadlineExceeded;
    case StatusCode::kCancelled:
      return net::GrpcCode::kCancelled;
    case StatusCode::kInternal:
      return net::GrpcCode::kInternal;
  }
  return net::GrpcCode::kUnknown;
}

}  // namespace

net::GrpcStatus ToGrpcStatus(const Status& status) {
  net::GrpcStatus mapped{.code = ToGrpcCode(status.code()), .message = status.message(), .metadata = {}};
  // How gRPC says when to try again (gRFC A6); in a second, if nobody knows.
  if (status.code() == StatusCode::kOverloaded) {
    const auto wait = status.try_again_in().count() > 0 ? status.try_again_in() : std::chrono::milliseconds(1000);
    mapped.metadata.emplace_back("grpc-retry-pushback-ms", std::to_string(wait.count()));
  }
  return mapped;
}

}  // namespace trireme
