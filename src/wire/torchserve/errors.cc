// SPDX-License-Identifier: Apache-2.0
#include "wire/torchserve/errors.h"

#include <array>
#include <cstddef>

#include "codec/json_cursor.h"
#include "wire/torchserve/gson_writer.h"

namespace trireme::torchserve {
namespace {

constexpr int kInvalidArgument = 3;
constexpr int kNotFound = 5;
constexpr int kInternal = 13;

// In the order of ErrorType.
constexpr std::array<ErrorNumbers, 18> kNumbers = {{
    {"ResourceNotFoundException", 404, kNotFound},
    {"ModelNotFoundException", 404, kNotFound},
    {"ModelVersionNotFoundException", 404, kNotFound},
    {"WorkflowNotFoundException", 404, kNotFound},
    {"BadRequestException", 400, kInvalidArgument},
    {"ModelException", 400, kInvalidArgument},
    {"InvalidModelException", 400, kInvalidArgument},
    {"InvalidWorkflowException", 400, kInvalidArgument},
    {"InvalidKeyException", 400, kInvalidArgument},
    {"DownloadArchiveException", 400, kInvalidArgument},
    {"MethodNotAllowedException", 405, kInternal},
    {"RequestTimeoutException", 408, kInternal},
    {"ConflictStatusException", 409, kInternal},
    {"ServiceUnavailableException", 503, kInternal},
    {"OutOfMemoryError", 507, kInternal},
    {"InvalidModelVersionException", 403, kInternal},
    {"IllegalArgumentException", 403, kInternal},
    {"InternalServerException", 500, kInternal},
}};
static_assert(kNumbers.size() == static_cast<size_t>(ErrorType::kInternalServer) + 1);

}  // namespace

const ErrorNumbers& NumbersOf(ErrorType type) {
  return kNumbers[static_cast<size_t>(type)];
}

std::string EncodeError(ErrorType type, std::string_view message) {
  const ErrorNumbers& numbers = NumbersOf(type);
  return EncodeError(numbers.http, numbers.type, message);
}

std::string EncodeError(int code, std::string_view type, std::string_view message) {
  GsonWriter json;
  json.BeginObject().Key("code").Integer(code).Key("type").Text(type).Key("message").Text(message).EndObject();
  return json.Take() + "\n";
}

std::optional<std::string> DecodeError(std::string_view text) {
  JsonCursor json(text);
  std::optional<std::string> message;
  if (!json.EnterObject()) return std::nullopt;
  while (const auto key = json.NextKey()) {
    if (*key == "message" && json.Peek() == JsonCursor::Kind::kString) {
      message = json.ReadString();
    } else {
      json.Skip();
    }
  }
  return json.Finish() ? message : std::nullopt;
}

}  // namespace trireme::torchserve
