// SPDX-License-Identifier: Apache-2.0
#include "repository/relative_name.h"

#include <algorithm>
#include <string>

#include "base/utf8.h"

namespace trireme {
namespace {

constexpr size_t kMostPartBytes = 255;  // what file systems take
constexpr int kMostParts = 32;

Status Expected(const std::string& expected, std::string_view found) {
  return InvalidArgument("expected a relative name" + expected + ", found " + std::string(found));
}

Status CheckPart(std::string_view part) {
  if (part.empty()) return Expected("", "one with '//'");
  if (part == "." || part == "..") return Expected(" below its folder", "one with '" + std::string(part) + "'");
  if (part.size() > kMostPartBytes) return TooLarge("expected at most 255 bytes between two '/', found more");
  return {};
}

}  // namespace

Status CheckRelativeName(std::string_view name, size_t most_bytes) {
  if (name.size() > most_bytes) {
    return TooLarge("expected a name of at most " + std::to_string(most_bytes) + " bytes, found " +
                    std::to_string(name.size()));
  }
  if (name.empty()) return Expected("", "none");
  if (!IsUtf8(name)) return Expected(" in UTF-8", "other bytes");
  if (std::any_of(name.begin(), name.end(), [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; })) {
    return Expected(" without control characters", "one with them");
  }
  if (name.find('\\') != std::string_view::npos) return Expected(" with '/'", "one with '\\'");
  if (name.starts_with('/')) return Expected("", "an absolute one");
  int parts = 0;
  for (std::string_view rest = name;;) {
    const size_t slash = rest.find('/');
    RETURN_IF_ERROR(CheckPart(rest.substr(0, slash)));
    if (++parts > kMostParts) return TooLarge("expected at most 32 folders in one another, found more");
    if (slash == std::string_view::npos) return {};
    rest.remove_prefix(slash + 1);
  }
}

}  // namespace trireme
