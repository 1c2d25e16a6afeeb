// SPDX-License-Identifier: Apache-2.0
#include "dialect/dialect.h"

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
  // How gRPC says "try again in a second" (gRFC A6).
  if (status.code() == StatusCode::kOverloaded) mapped.metadata.emplace_back("grpc-retry-pushback-ms", "1000");
  return mapped;
}

}  // namespace trireme
