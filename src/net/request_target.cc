// SPDX-License-Identifier: Apache-2.0
#include "net/request_target.h"

#include "net/http_chars.h"

namespace trireme::net {
namespace {

HttpError Refuse(std::string_view what, std::string_view target) {
  std::string text = "request target: ";
  text += what;
  text += ", got ";
  text += Quoted(target);
  return {.status = 400, .text = std::move(text)};
}

// Whether two hex digits spell one of the bytes that an escape may not hide.
bool HidesByte(char high, char low) {
  const char l = static_cast<char>(low | 0x20);
  return (high == '2' && (l == 'e' || l == 'f')) || (high == '5' && l == 'c') || (high == '0' && low == '0');
}

std::optional<std::string_view> EscapeProblem(std::string_view path) {
  for (size_t at = path.find('%'); at != path.npos; at = path.find('%', at + 1)) {
    if (at + 2 >= path.size() || !IsHexDigit(path[at + 1]) || !IsHexDigit(path[at + 2])) {
      return "expected two hex digits after each '%' of the path";
    }
    if (HidesByte(path[at + 1], path[at + 2])) return "expected a path without %2e, %2f, %5c and %00";
  }
  return std::nullopt;
}

// `rest` begins behind a '/'.
bool IsEmptyOrDotSegment(std::string_view rest) {
  const std::string_view segment = rest.substr(0, rest.find('/'));
  const bool is_last = segment.size() == rest.size();
  return (segment.empty() && !is_last) || segment == "." || segment == "..";
}

std::optional<std::string_view> SegmentProblem(std::string_view path) {
  for (size_t at = 0; at != path.npos; at = path.find('/', at + 1)) {
    if (IsEmptyOrDotSegment(path.substr(at + 1))) return "expected a path without '//', '/./' and '/../'";
  }
  return std::nullopt;
}

}  // namespace

std::optional<HttpError> ParseTarget(std::string_view target, RequestTarget& parsed) {
  if (target.empty() || target.front() != '/') return Refuse("expected a path that begins with '/'", target);
  if (AllIn(chars::kPlainPath, target) && !SegmentProblem(target)) {
    parsed = {.path = target, .query = {}};
    return std::nullopt;
  }
  if (!AllIn(chars::kTarget, target)) return Refuse("expected visible ASCII characters without '#'", target);
  const size_t mark = target.find('?');
  parsed.path = target.substr(0, mark);
  parsed.query = mark == target.npos ? std::string_view() : target.substr(mark + 1);
  if (parsed.path.find_first_of("\\;") != target.npos) return Refuse("expected a path without '\\' and ';'", target);
  if (const auto problem = EscapeProblem(parsed.path)) return Refuse(*problem, target);
  if (const auto problem = SegmentProblem(parsed.path)) return Refuse(*problem, target);
  return std::nullopt;
}

}  // namespace trireme::net
