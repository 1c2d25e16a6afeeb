// SPDX-License-Identifier: Apache-2.0
#include "base/calendar.h"

#include <gtest/gtest.h>

#include <ctime>

namespace trireme {
namespace {

TEST(ToUtc, AgreesWithTheCLibrary) {
  for (const int64_t seconds : {int64_t{0}, int64_t{951782399}, int64_t{951782400}, int64_t{1709164800},
                                int64_t{1795266183}, int64_t{4102444800}, int64_t{-1}}) {
    const std::time_t time = seconds;
    std::tm expected{};
    gmtime_r(&time, &expected);
    const UtcTime utc = ToUtc(seconds);
    EXPECT_EQ(utc.year, expected.tm_year + 1900) << seconds;
    EXPECT_EQ(utc.month, expected.tm_mon + 1) << seconds;
    EXPECT_EQ(utc.day, expected.tm_mday) << seconds;
    EXPECT_EQ(utc.weekday, expected.tm_wday) << seconds;
    EXPECT_EQ(utc.hour, expected.tm_hour) << seconds;
    EXPECT_EQ(utc.minute, expected.tm_min) << seconds;
    EXPECT_EQ(utc.second, expected.tm_sec) << seconds;
  }
}

TEST(FormatUtc, WritesMilliseconds) {
  using std::chrono::system_clock;
  EXPECT_EQ(FormatUtc(system_clock::time_point(std::chrono::milliseconds(1709164800250))), "2024-02-29T00:00:00.250Z");
  EXPECT_EQ(FormatUtc(system_clock::time_point(std::chrono::milliseconds(-1))), "1969-12-31T23:59:59.999Z");
}

TEST(ParseUtc, ReadsWhatFormatUtcWrites) {
  const std::chrono::system_clock::time_point time(std::chrono::milliseconds(1795266183007));
  EXPECT_EQ(ParseUtc(FormatUtc(time)), time);
}

TEST(ParseUtc, ReadsNothingElse) {
  for (const char* text : {"", "2024-02-29", "2024-02-30T00:00:00.000Z", "2024-02-29T24:00:00.000Z",
                           "2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z ", " 2024-2-29T00:00:00.000Z",
                           "2024-02-29 00:00:00.000Z", "2024-02-29T00:00:00.000+01:00"}) {
    EXPECT_EQ(ParseUtc(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace trireme
