// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trireme::torchserve {

// What can go wrong, as TorchServe names it.
enum class ErrorType : uint8_t {
  kResourceNotFound,
  kModelNotFound,
  kModelVersionNotFound,
  kWorkflowNotFound,
  kBadRequest,
  kModel,
  kInvalidModel,
  kInvalidWorkflow,
  kInvalidKey,
  kDownloadArchive,
  kMethodNotAllowed,
  kRequestTimeout,
  kConflictStatus,
  kServiceUnavailable,
  kOutOfMemory,
  kInvalidModelVersion,
  kIllegalArgument,
  kInternalServer,
};

struct ErrorNumbers {
  std::string_view type;  // "ModelNotFoundException", the value of "type" in an answer
  int http;
  int grpc;  // of the management service: 3 INVALID_ARGUMENT, 5 NOT_FOUND, 13 INTERNAL
};

const ErrorNumbers& NumbersOf(ErrorType type);

// {"code": 404, "type": "ModelNotFoundException", "message": "Model not found: m"}, as EncodeStatus prints it.
std::string EncodeError(ErrorType type, std::string_view message);
// The same with another code: of a handler that chose one.
std::string EncodeError(int code, std::string_view type, std::string_view message);

// The message of such an answer, for a client; nothing if it is no JSON object with one.
std::optional<std::string> DecodeError(std::string_view text);

}  // namespace trireme::torchserve
