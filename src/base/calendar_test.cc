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

}  // namespace
}  // namespace trireme
