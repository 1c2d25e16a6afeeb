// SPDX-License-Identifier: Apache-2.0
#include "base/calendar.h"

#include <array>
#include <chrono>
#include <cstdio>

namespace trireme {

UtcTime ToUtc(int64_t seconds) {
  const std::chrono::sys_seconds moment{std::chrono::seconds(seconds)};
  const std::chrono::sys_days days = std::chrono::floor<std::chrono::days>(moment);
  const std::chrono::year_month_day date(days);
  const std::chrono::hh_mm_ss<std::chrono::seconds> time(moment - days);
  return {.year = static_cast<int>(date.year()),
          .month = static_cast<int>(static_cast<unsigned>(date.month())),
          .day = static_cast<int>(static_cast<unsigned>(date.day())),
          .weekday = static_cast<int>(std::chrono::weekday(days).c_encoding()),
          .hour = static_cast<int>(time.hours().count()),
          .minute = static_cast<int>(time.minutes().count()),
          .second = static_cast<int>(time.seconds().count())};
}

std::string FormatUtc(std::chrono::system_clock::time_point time) {
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(milliseconds);
  const UtcTime utc = ToUtc(seconds.count());
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.year, utc.month, utc.day, utc.hour,
                utc.minute, utc.second, static_cast<int>((milliseconds - seconds).count()));
  return text.data();
}

std::optional<std::chrono::system_clock::time_point> ParseUtc(std::string_view text) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int millisecond = 0;
  std::sscanf(std::string(text).c_str(), "%4d-%2u-%2uT%2d:%2d:%2d.%3dZ",  // NOLINT(cert-err34-c): compared below
              &year, &month, &day, &hour, &minute, &second, &millisecond);
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
  if (!date.ok()) return std::nullopt;
  const std::chrono::system_clock::time_point time = std::chrono::sys_days(date) + std::chrono::hours(hour) +
                                                     std::chrono::minutes(minute) + std::chrono::seconds(second) +
                                                     std::chrono::milliseconds(millisecond);
  // What reads as something else than it says, as hour 25 or a blank for a digit, is no such text.
  if (FormatUtc(time) != text) return std::nullopt;
  return time;
}

}  // namespace trireme
