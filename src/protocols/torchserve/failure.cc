// SPDX-License-Identifier: Apache-2.0
#include "protocols/torchserve/failure.h"

#include <string_view>
#include <utility>

namespace trireme::torchserve {

Failure FailureOf(const Status& status) {
  const std::string& text = status.message();
  switch (status.code()) {
    case StatusCode::kOk:
    case StatusCode::kInternal:
      break;
    case StatusCode::kInvalidArgument:
      return {.type = ErrorType::kBadRequest, .message = text};
    case StatusCode::kNotFound:
      return {.type = ErrorType::kResourceNotFound, .message = text};
    case StatusCode::kAlreadyExists:
      return {.type = ErrorType::kConflictStatus, .message = text};
    case StatusCode::kTooLarge:
      return {.type = ErrorType::kBadRequest, .message = text, .http = 413};
    // TorchServe answers 400 to both; what lies in front of servers acts upon these numbers.
    case StatusCode::kUnauthenticated:
      return {.type = ErrorType::kInvalidKey,
              .message = "Token Authorization failed. Token either incorrect, expired, or not provided correctly",
              .http = 401};
    case StatusCode::kPermissionDenied:
      return {.type = ErrorType::kInvalidKey, .message = text, .http = 403};
    case StatusCode::kOverloaded:
    case StatusCode::kUnavailable:
      return {
          .type = ErrorType::kServiceUnavailable, .message = text, .http = 0, .try_again_in = status.try_again_in()};
    case StatusCode::kOutOfMemory:
      return {.type = ErrorType::kOutOfMemory, .message = text};
    case StatusCode::kDeadlineExceeded:
    case StatusCode::kCancelled:
      return {.type = ErrorType::kRequestTimeout, .message = text};
    case StatusCode::kUnsupported:
      return {.type = ErrorType::kBadRequest, .message = text, .http = 501};
  }
  return {.type = ErrorType::kInternalServer, .message = text};
}

Failure ModelNotFound(std::string_view model) {
  return {.type = ErrorType::kModelNotFound, .message = "Model not found: " + std::string(model)};
}

Failure VersionNotFound(std::string_view model, std::string_view version) {
  return {.type = ErrorType::kModelVersionNotFound,
          .message = "Model version: " + std::string(version) + " does not exist for model: " + std::string(model)};
}

Failure NoWorker(std::string_view model, std::string_view version) {
  std::string text = "Model \"" + std::string(model) + "\"";
  // With the one quote that TorchServe has there.
  if (!version.empty()) text += " Version " + std::string(version) + "\"";
  text +=
      " has no worker to serve inference request. Please use scale workers API to add workers. If this is a sequence "
      "inference, please check if it is closed, or expired; or exceeds maxSequenceJobQueueSize";
  return {.type = ErrorType::kServiceUnavailable, .message = std::move(text)};
}

Failure BadRequest(std::string message) {
  return {.type = ErrorType::kBadRequest, .message = std::move(message)};
}

std::optional<Failure> CheckNumber(std::string_view name, const std::optional<int64_t>& value, int64_t least,
                                   int64_t most) {
  if (!value || (*value >= least && *value <= most)) return std::nullopt;
  return BadRequest(std::string(name) + ": expected a number from " + std::to_string(least) + " to " +
                    std::to_string(most) + ", found " + std::to_string(*value));
}

Failure NotAllowed() {
  return {.type = ErrorType::kMethodNotAllowed,
          .message = "Requested method is not allowed, please refer to API document."};
}

net::GrpcStatus ManagementStatus(const Failure& failure) {
  auto code = static_cast<net::GrpcCode>(NumbersOf(failure.type).grpc);
  if (failure.code() == 401) code = net::GrpcCode::kUnauthenticated;
  if (failure.code() == 403) code = net::GrpcCode::kPermissionDenied;
  if (failure.type == ErrorType::kInvalidModelVersion) code = net::GrpcCode::kFailedPrecondition;
  // A client's fault is told as one also where TorchServe says INTERNAL.
  if (code == net::GrpcCode::kInternal) {
    if (failure.type == ErrorType::kConflictStatus) code = net::GrpcCode::kAlreadyExists;
    if (failure.type == ErrorType::kMethodNotAllowed) code = net::GrpcCode::kPermissionDenied;
    if (failure.type == ErrorType::kServiceUnavailable) code = net::GrpcCode::kUnavailable;
    if (failure.type == ErrorType::kOutOfMemory) code = net::GrpcCode::kResourceExhausted;
    if (failure.type == ErrorType::kRequestTimeout) code = net::GrpcCode::kDeadlineExceeded;
  }
  if (failure.code() == 501) code = net::GrpcCode::kUnimplemented;
  return {.code = code, .message = failure.message, .metadata = {}};
}

net::GrpcStatus InferenceStatus(const Failure& failure) {
  net::GrpcStatus status = ManagementStatus(failure);
  status.message += '\n';
  status.message += NumbersOf(failure.type).type;
  return status;
}

}  // namespace trireme::torchserve
