// SPDX-License-Identifier: Apache-2.0
#include "access/quota.h"

#include <algorithm>
#include <charconv>
#include <system_error>

#include "base/excerpt.h"

namespace trireme {
namespace {

constexpr std::string_view kRequests = "/s";
constexpr std::string_view kProcessors = "cpu";
constexpr double kLeast = 1e-6;  // of what is more than nothing
constexpr double kMostRequests = 1e9;
constexpr double kMostProcessors = 1e6;

Status Unexpected(std::string_view found) {
  return InvalidArgument(
      "expected requests a second as in 100/s, processors as in 0.5cpu, or both as in 100/s,0.5cpu, "
      "found " +
      Excerpt(found));
}

// A plain number: no sign, no exponent, nothing that is none.
std::optional<double> ParseNumber(std::string_view text, double most) {
  const bool is_plain = std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (!is_plain || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (number > most || (number > 0 && number < kLeast)) return std::nullopt;
  return number;
}

Status ReadPart(std::string_view part, Quota& quota) {
  const bool is_rate = part.ends_with(kRequests);
  if (!is_rate && !part.ends_with(kProcessors)) return Unexpected(part);
  std::optional<double>& target = is_rate ? quota.requests_per_second : quota.processors;
  if (target) return InvalidArgument("expected each kind once, found another one: " + Excerpt(part));
  target = ParseNumber(part.substr(0, part.size() - (is_rate ? kRequests : kProcessors).size()),
                       is_rate ? kMostRequests : kMostProcessors);
  return target ? Status() : Unexpected(part);
}

std::string NumberText(double number, std::string_view unit) {
  char digits[64];
  std::string text(digits, std::to_chars(digits, digits + sizeof digits, number, std::chars_format::fixed).ptr);
  return text.append(unit);
}

}  // namespace

Result<Quota> ParseQuota(std::string_view text) {
  Quota quota;
  for (std::string_view rest = text;;) {
    const size_t comma = rest.find(',');
    RETURN_IF_ERROR(ReadPart(rest.substr(0, comma), quota));
    if (comma == std::string_view::npos) return quota;
    rest.remove_prefix(comma + 1);
  }
}

std::string RequestsText(double requests_per_second) {
  return NumberText(requests_per_second, kRequests);
}

std::string ProcessorsText(double processors) {
  return NumberText(processors, kProcessors);
}

}  // namespace trireme
