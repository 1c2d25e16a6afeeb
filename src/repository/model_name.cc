// SPDX-License-Identifier: Apache-2.0
#include "repository/model_name.h"

#include <algorithm>

#include "base/utf8.h"

namespace trireme {
namespace {

bool IsNameByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_-.+@").find(c) != std::string_view::npos;
}

bool IsControl(char c) {
  return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
}

Status CheckNameLength(std::string_view name) {
  if (name.empty()) return InvalidArgument("a model's name is empty");
  if (name.size() <= kMaxModelNameBytes) return {};
  return InvalidArgument("the model name that begins with " + Quoted(name.substr(0, 32)) + " has " +
                         std::to_string(name.size()) + " bytes: expected at most " +
                         std::to_string(kMaxModelNameBytes));
}

}  // namespace

std::string Quoted(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string quoted = "\"";
  for (const char c : text) {
    if (c >= ' ' && c <= '~') {
      quoted += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    quoted += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
  }
  return quoted + '"';
}

std::string ShownName(std::string_view name) {
  constexpr size_t kShown = 64;
  const std::string quoted = Quoted(name.substr(0, kShown));
  return quoted.substr(1, quoted.size() - 2) + (name.size() > kShown ? "..." : "");
}

Status CheckModelName(std::string_view name) {
  RETURN_IF_ERROR(CheckNameLength(name));
  if (name.front() == '.') return InvalidArgument("the model name " + Quoted(name) + " begins with a dot");
  const auto bad = std::find_if_not(name.begin(), name.end(), IsNameByte);
  if (bad == name.end()) return {};
  return InvalidArgument("the model name " + Quoted(name) + " contains " + Quoted({&*bad, 1}) +
                         ": expected ASCII letters, digits and _-.+@ only");
}

Status CheckOpaqueName(std::string_view name) {
  RETURN_IF_ERROR(CheckNameLength(name));
  if (std::ranges::any_of(name, IsControl)) {
    return InvalidArgument("the model name " + Quoted(name) + " contains a control character");
  }
  if (!IsUtf8(name)) return InvalidArgument("the model name " + Quoted(name) + " is not UTF-8");
  return {};
}

}  // namespace trireme
