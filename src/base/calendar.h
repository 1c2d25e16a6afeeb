// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

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

}  // namespace trireme
