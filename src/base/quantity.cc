// SPDX-License-Identifier: Apache-2.0
#include "base/quantity.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <span>

namespace trireme {
namespace {

struct Unit {
  std::string_view name;
  uint64_t factor;
};

// From small to large; the first is what a bare number counts.
constexpr std::array kByteUnits = {
    Unit{"", 1},
    Unit{"KiB", uint64_t{1} << 10},
    Unit{"MiB", uint64_t{1} << 20},
    Unit{"GiB", uint64_t{1} << 30},
    Unit{"TiB", uint64_t{1} << 40},
};
constexpr std::array kTimeUnits = {
    Unit{"us", 1}, Unit{"ms", 1000}, Unit{"s", 1'000'000}, Unit{"m", 60'000'000}, Unit{"h", 3'600'000'000},
};
constexpr uint64_t kMostBytes = std::numeric_limits<int64_t>::max();
constexpr uint64_t kMostMicroseconds = uint64_t{100} * 365 * 24 * 3'600'000'000;

std::optional<uint64_t> Parse(std::string_view text, std::span<const Unit> units, uint64_t most) {
  uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc()) return std::nullopt;
  const std::string_view name = text.substr(static_cast<size_t>(end - text.data()));
  const auto unit = std::find_if(units.begin(), units.end(), [&](const Unit& u) { return u.name == name; });
  if (unit == units.end() || count > most / unit->factor) return std::nullopt;
  return count * unit->factor;
}

std::string Format(uint64_t count, std::span<const Unit> units) {
  const auto divides = [&](const Unit& unit) { return count % unit.factor == 0; };
  const Unit& unit = count == 0 ? units.front() : *std::find_if(units.rbegin(), units.rend(), divides);
  return std::to_string(count / unit.factor) + std::string(unit.name);
}

Status Unexpected(const char* expected, std::string_view found) {
  return InvalidArgument(std::string("expected ") + expected + ", found '" + std::string(found) + "'");
}

}  // namespace

Result<uint64_t> ParseBytes(std::string_view text) {
  const auto bytes = Parse(text, kByteUnits, kMostBytes);
  if (!bytes) return Unexpected("a size such as 1048576, 512KiB, 64MiB or 2GiB", text);
  return *bytes;
}

Result<std::chrono::microseconds> ParseDuration(std::string_view text) {
  if (text == "0") return std::chrono::microseconds(0);
  const auto microseconds = Parse(text, kTimeUnits, kMostMicroseconds);
  if (!microseconds) return Unexpected("a duration such as 500us, 2ms, 30s, 5m or 1h", text);
  return std::chrono::microseconds(*microseconds);
}

Result<std::chrono::microseconds> ParseSeconds(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789.") != std::string_view::npos) return ParseDuration(text);
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  constexpr double kMicroseconds = 1e6;
  if (error != std::errc() || end != text.data() + text.size() ||
      seconds > static_cast<double>(kMostMicroseconds) / kMicroseconds) {
    return Unexpected("seconds such as 30 or 0.5, or a duration such as 500ms or 5m", text);
  }
  return std::chrono::microseconds(std::llround(seconds * kMicroseconds));
}

Result<std::chrono::microseconds> ParseMilliseconds(std::string_view text) {
  const bool is_bare = !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  Result<std::chrono::microseconds> time = ParseDuration(is_bare ? std::string(text) + "ms" : std::string(text));
  if (!time.ok()) return Unexpected("milliseconds such as 20000, or a duration such as 500ms or 5m", text);
  return time;
}

std::string FormatBytes(uint64_t bytes) {
  return Format(bytes, kByteUnits);
}

std::string FormatDuration(std::chrono::microseconds duration) {
  if (duration.count() == 0) return "0";
  return Format(static_cast<uint64_t>(duration.count()), kTimeUnits);
}

}  // namespace trireme
