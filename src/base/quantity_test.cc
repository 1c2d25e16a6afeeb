// SPDX-License-Identifier: Apache-2.0
#include "base/quantity.h"

#include <gtest/gtest.h>

namespace trireme {
namespace {

using namespace std::chrono_literals;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(ParseBytes, ReadsBareBytesAndBinaryUnits) {
  EXPECT_EQ(*ParseBytes("0"), 0u);
  EXPECT_EQ(*ParseBytes("1048576"), 1048576u);
  EXPECT_EQ(*ParseBytes("512KiB"), 524288u);
  EXPECT_EQ(*ParseBytes("64MiB"), 67108864u);
  EXPECT_EQ(*ParseBytes("2GiB"), 2147483648u);
  EXPECT_EQ(*ParseBytes("1TiB"), 1099511627776u);
  EXPECT_EQ(*ParseBytes("9223372036854775807"), 9223372036854775807u);
}

TEST(ParseBytes, RefusesEverythingElse) {
  for (const char* text : {"", "KiB", "10XB", "10kB", "10MB", "10K", "10 MiB", " 10", "10MiB ", "-1", "+1", "1.5GiB",
                           "0x10", "9223372036854775808", "8388608TiB", "99999999999999999999"}) {
    EXPECT_FALSE(ParseBytes(text).ok()) << text;
  }
}

TEST(ParseBytes, SaysWhatItExpectedAndFound) {
  EXPECT_EQ(ParseBytes("10XB").status().message(),
            "expected a size such as 1048576, 512KiB, 64MiB or 2GiB, found '10XB'");
}

TEST(ParseDuration, ReadsEachUnit) {
  EXPECT_EQ(*ParseDuration("0"), microseconds(0));
  EXPECT_EQ(*ParseDuration("0s"), microseconds(0));
  EXPECT_EQ(*ParseDuration("500us"), microseconds(500));
  EXPECT_EQ(*ParseDuration("2ms"), milliseconds(2));
  EXPECT_EQ(*ParseDuration("30s"), seconds(30));
  EXPECT_EQ(*ParseDuration("5m"), minutes(5));
  EXPECT_EQ(*ParseDuration("1h"), hours(1));
  EXPECT_EQ(*ParseDuration("876000h"), hours(876000));
}

TEST(ParseDuration, RefusesEverythingElse) {
  for (const char* text : {"", "s", "7", "2 ms", "2ms ", "-2ms", "1.5s", "2sec", "2MS", "1d", "876001h",
                           "18446744073709551615h", "99999999999999999999us"}) {
    EXPECT_FALSE(ParseDuration(text).ok()) << text;
  }
}

TEST(ParseDuration, SaysWhatItExpectedAndFound) {
  EXPECT_EQ(ParseDuration("7").status().message(), "expected a duration such as 500us, 2ms, 30s, 5m or 1h, found '7'");
}

TEST(FormatBytes, UsesTheLargestUnitThatIsExact) {
  EXPECT_EQ(FormatBytes(0), "0");
  EXPECT_EQ(FormatBytes(1000), "1000");
  EXPECT_EQ(FormatBytes(1536), "1536");
  EXPECT_EQ(FormatBytes(64 << 20), "64MiB");
  EXPECT_EQ(FormatBytes(uint64_t{3} << 40), "3TiB");
}

TEST(FormatDuration, UsesTheLargestUnitThatIsExact) {
  EXPECT_EQ(FormatDuration(microseconds(0)), "0");
  EXPECT_EQ(FormatDuration(microseconds(1500)), "1500us");
  EXPECT_EQ(FormatDuration(milliseconds(1500)), "1500ms");
  EXPECT_EQ(FormatDuration(seconds(75)), "75s");
  EXPECT_EQ(FormatDuration(minutes(60)), "1h");
}

TEST(ParseSeconds, TakesABareNumberForSeconds) {
  EXPECT_EQ(*ParseSeconds("30"), 30s);
  EXPECT_EQ(*ParseSeconds("0.25"), 250ms);
  EXPECT_EQ(*ParseSeconds("0"), 0s);
  EXPECT_EQ(*ParseSeconds("500ms"), 500ms);
  for (const char* text : {"", ".", "1.2.3", "-1", "1e3", "inf", "nan", "99999999999999999999", "1 "}) {
    EXPECT_FALSE(ParseSeconds(text).ok()) << text;
  }
}

TEST(ParseMilliseconds, TakesWholeNumbersAndDurations) {
  EXPECT_EQ(*ParseMilliseconds("20000"), std::chrono::seconds(20));
  EXPECT_EQ(*ParseMilliseconds("0"), std::chrono::seconds(0));
  EXPECT_EQ(*ParseMilliseconds("5m"), std::chrono::minutes(5));
  for (const char* text : {"", "1.5", "-1", "20 000", "99999999999999999999"}) {
    EXPECT_EQ(
        ParseMilliseconds(text).status().message(),
        std::string("expected milliseconds such as 20000, or a duration such as 500ms or 5m, found '") + text + "'");
  }
}

}  // namespace
}  // namespace trireme
