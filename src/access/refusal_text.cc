// SPDX-License-Identifier: Apache-2.0
#include "access/refusal_text.h"

namespace trireme {
namespace {

constexpr size_t kMaxNameBytes = 200;  // in a text: the client chose it, and it may be long

bool IsTokenHolder(std::string_view principal) {
  return principal == kInferenceTokenHolder || principal == kManagementTokenHolder || principal == kApiTokenHolder;
}

std::string_view RolesFor(Operation operation) {
  switch (operation) {
    case Operation::kProbe:
      return "any role";
    case Operation::kMetadata:
    case Operation::kInfer:
    case Operation::kSharedMemory:
      return "the role infer or admin";
    case Operation::kMetrics:
      return "the role metrics or admin";
    case Operation::kModelControl:
      return "the role admin";
    case Operation::kServerControl:
    case Operation::kKeyControl:
      return "the role admin and all models";
  }
  return "another role";
}

// Each opens something on its own port alone, if that is another one.
std::string_view TokenFor(Operation operation) {
  switch (operation) {
    case Operation::kInfer:
    case Operation::kSharedMemory:
      return "inference";
    case Operation::kKeyControl:
      return "API";
    case Operation::kMetrics:
    case Operation::kModelControl:
    case Operation::kServerControl:
      return "management";
    case Operation::kProbe:
    case Operation::kMetadata:
      break;
  }
  return "management (on its port) or inference (on the others)";
}

}  // namespace

std::string RefusalText(std::string_view principal, Operation operation, std::string_view model) {
  std::string text = "'" + std::string(principal) + "' may not do this: it needs ";
  text += IsTokenHolder(principal) ? "TorchServe's key for " + std::string(TokenFor(operation))
                                   : "a key with " + std::string(RolesFor(operation));
  if (!model.empty()) text += ", for model '" + std::string(model.substr(0, kMaxNameBytes)) + "'";
  return text;
}

}  // namespace trireme
