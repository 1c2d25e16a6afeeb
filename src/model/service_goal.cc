// SPDX-License-Identifier: Apache-2.0
#include "model/service_goal.h"

#include <charconv>
#include <chrono>
#include <cstdio>

#include "base/excerpt.h"
#include "base/quantity.h"

namespace trireme {
namespace {

using std::chrono::microseconds;

constexpr microseconds kLeastLatency{10};
constexpr microseconds kMostLatency = std::chrono::hours(1);
constexpr double kLeastPercentile = 50;
constexpr double kMostPercentile = 99.99;
constexpr size_t kMaxShownBytes = 64;

Status Unexpected(const std::string& expected, std::string_view found) {
  return InvalidArgument("expected " + expected + ", found " + Excerpt(found, kMaxShownBytes));
}

}  // namespace

Result<ServiceGoal> ParseServiceGoal(std::string_view text) {
  const size_t equals = text.find('=');
  if (!text.starts_with('p') || equals == std::string_view::npos) {
    return Unexpected("a percentile and a time, as p99=100ms", text);
  }
  const std::string_view number = text.substr(1, equals - 1);
  double percentile = 0;
  const auto [end, error] =
      std::from_chars(number.data(), number.data() + number.size(), percentile, std::chars_format::fixed);
  const bool is_number = error == std::errc() && end == number.data() + number.size();
  if (!is_number || !(percentile >= kLeastPercentile && percentile <= kMostPercentile)) {
    return Unexpected("a percentile from p50 to p99.99", text.substr(0, equals));
  }
  const std::string_view time = text.substr(equals + 1);
  const Result<microseconds> latency = ParseDuration(time);
  if (!latency.ok())
    return Unexpected("a time with its unit, as 100ms, behind " + std::string(text.substr(0, equals + 1)), time);
  if (*latency < kLeastLatency || *latency > kMostLatency) {
    return Unexpected("a time from " + FormatDuration(kLeastLatency) + " to " + FormatDuration(kMostLatency), time);
  }
  return ServiceGoal{.quantile = percentile / 100, .latency = *latency};
}

std::string ToString(const ServiceGoal& goal) {
  char percentile[32];
  std::snprintf(percentile, sizeof(percentile), "p%g", goal.quantile * 100);
  return std::string(percentile) + "=" + FormatDuration(std::chrono::duration_cast<microseconds>(goal.latency));
}

}  // namespace trireme
