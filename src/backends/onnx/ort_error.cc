// SPDX-License-Identifier: Apache-2.0
#include "backends/onnx/ort_error.h"

#include <algorithm>

namespace trireme::onnx {
namespace {

struct Failure {
  OrtErrorCode code;
  std::string message;
};

Failure Take(const OrtApi& api, OrtStatus* error) {
  const Handle<OrtStatus> owner(error, api.ReleaseStatus);
  return {api.GetErrorCode(error), api.GetErrorMessage(error)};
}

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool IsShortOfMemory(std::string_view message) {
  return Contains(message, "bad_alloc") || Contains(message, "Failed to allocate") ||
         Contains(message, "Available memory");
}

StatusCode CodeOfOpen(OrtErrorCode code) {
  switch (code) {
    case ORT_NO_SUCHFILE:
      return StatusCode::kNotFound;
    case ORT_NOT_IMPLEMENTED:
      return StatusCode::kUnsupported;
    case ORT_INVALID_ARGUMENT:
    case ORT_INVALID_PROTOBUF:
    case ORT_INVALID_GRAPH:
    case ORT_NO_MODEL:
    case ORT_FAIL:
      return StatusCode::kInvalidArgument;
    default:
      return StatusCode::kInternal;
  }
}

// "node 'add1' (Add): " for "Non-zero status code returned while running Add node. Name:'add1' Status Message: ", which
// is taken off the front.
std::string TakeNode(std::string_view& message) {
  constexpr std::string_view kBefore = "Non-zero status code returned while running ";
  constexpr std::string_view kName = " node. Name:'";
  constexpr std::string_view kAfter = "' Status Message: ";
  const size_t name = message.find(kName);
  const size_t after = message.find(kAfter);
  if (!message.starts_with(kBefore) || name > after || after == std::string_view::npos) return "";
  const std::string type(message.substr(kBefore.size(), name - kBefore.size()));
  const std::string node(message.substr(name + kName.size(), after - name - kName.size()));
  message.remove_prefix(after + kAfter.size());
  return node.empty() ? "node " + type + ": " : "node '" + node + "' (" + type + "): ";
}

// The end of the bracketed text that begins at `open`, nested ones included.
size_t EndOfBrackets(std::string_view text, size_t open) {
  int depth = 0;
  for (size_t i = open; i < text.size(); ++i) {
    if (text[i] == '(') ++depth;
    if (text[i] == ')' && --depth == 0) return i + 1;
  }
  return text.size();
}

// Takes "/a/b.cc:12 void f(int) x > 0 was false. " or "/a/b.cc:12 void f(int) " off the front.
void DropSourcePosition(std::string_view& message) {
  constexpr std::string_view kCondition = " was false. ";
  if (!message.starts_with("/")) return;
  if (const size_t end = message.find(kCondition); end != std::string_view::npos) {
    message.remove_prefix(end + kCondition.size());
  } else if (const size_t open = message.find('('); open != std::string_view::npos) {
    message.remove_prefix(EndOfBrackets(message, open));
  }
}

// Whoever called names the file.
void DropFileName(std::string_view& message) {
  constexpr std::string_view kFailed = " failed:";
  if (!message.starts_with("Load model from ")) return;
  if (const size_t end = message.find(kFailed); end != std::string_view::npos) {
    message.remove_prefix(end + kFailed.size());
  }
}

// Advice for who made the model, not for who runs it.
void DropAdvice(std::string_view& message) {
  constexpr std::string_view kAdvice = "Please fix either the inputs/outputs or the model.";
  if (message.ends_with(kAdvice)) message.remove_suffix(kAdvice.size());
}

std::string OnOneLine(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const bool is_space = static_cast<unsigned char>(c) <= ' ';
    if (!is_space) {
      line.push_back(c);
    } else if (!line.empty() && line.back() != ' ') {
      line.push_back(' ');
    }
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

}  // namespace

std::string Clean(std::string_view message) {
  DropFileName(message);
  const std::string node = TakeNode(message);
  DropSourcePosition(message);
  DropAdvice(message);
  return node + OnOneLine(message);
}

namespace {

Status Short(const std::string& message) {
  return OutOfMemory("the system gives the runtime no more memory (" + Clean(message) + ")");
}

}  // namespace

Status ToStatus(const OrtApi& api, OrtStatus* error) {
  if (error == nullptr) return {};
  const Failure failure = Take(api, error);
  if (IsShortOfMemory(failure.message)) return Short(failure.message);
  return {CodeOfOpen(failure.code), Clean(failure.message)};
}

Status ToRunStatus(const OrtApi& api, OrtStatus* error) {
  if (error == nullptr) return {};
  const Failure failure = Take(api, error);
  const bool from_kernel = failure.message.starts_with("Non-zero status code returned while running");
  if (IsShortOfMemory(failure.message)) return Short(failure.message);
  const bool is_clients = failure.code == ORT_INVALID_ARGUMENT ||
                          (from_kernel && (failure.code == ORT_FAIL || failure.code == ORT_RUNTIME_EXCEPTION));
  return {is_clients ? StatusCode::kInvalidArgument : StatusCode::kInternal, Clean(failure.message)};
}

}  // namespace trireme::onnx
