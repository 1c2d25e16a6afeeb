// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trireme {

// A moment of Coordinated Universal Time, taken apart.
struct UtcTime {
  int year = 1970;
  int month = 1;    // 1 to 12
  int day = 1;      // 1 to 31
  int weekday = 4;  // 0: Sunday
  int hour = 0;
  int minute = 0;
  int second = 0;
};

// From seconds since the epoch. gmtime_r would do, but it takes the C library's time zone lock, which a runtime that
// asks for local time may hold.
UtcTime ToUtc(int64_t seconds);

// "2026-01-31T12:01:03.250Z" (RFC 3339), to the millisecond.
std::string FormatUtc(std::chrono::system_clock::time_point time);

// Reads exactly that; nothing if it is anything else.
std::optional<std::chrono::system_clock::time_point> ParseUtc(std::string_view text);

}  // namespace trireme
