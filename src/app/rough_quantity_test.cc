// SPDX-License-Identifier: Apache-2.0
#include "app/rough_quantity.h"

#include <gtest/gtest.h>

namespace trireme {
namespace {

using Seconds = std::chrono::duration<double>;

TEST(RoughBytesTest, HasADecimalBelowAHundred) {
  EXPECT_EQ(RoughBytes(0), "0 bytes");
  EXPECT_EQ(RoughBytes(1023), "1023 bytes");
  EXPECT_EQ(RoughBytes(12'900'000), "12.3 MiB");
  EXPECT_EQ(RoughBytes(uint64_t{340} << 20), "340 MiB");
  EXPECT_EQ(RoughBytes(uint64_t{5000} << 40), "5000 TiB");
}

TEST(RoughTimeTest, HasTheUnitThatKeepsItShort) {
  EXPECT_EQ(RoughTime(Seconds(0)), "0 us");
  EXPECT_EQ(RoughTime(Seconds(850e-6)), "850 us");
  EXPECT_EQ(RoughTime(Seconds(999.6e-6)), "1.0 ms");
  EXPECT_EQ(RoughTime(Seconds(0.0123)), "12 ms");
  EXPECT_EQ(RoughTime(Seconds(1.23)), "1.2 s");
  EXPECT_EQ(RoughTime(Seconds(3600)), "3600 s");
}

TEST(RoughAgeTest, HasOneUnit) {
  EXPECT_EQ(RoughAge(Seconds(-1)), "now");
  EXPECT_EQ(RoughAge(Seconds(0.9)), "now");
  EXPECT_EQ(RoughAge(Seconds(59)), "59s");
  EXPECT_EQ(RoughAge(Seconds(61)), "1m");
  EXPECT_EQ(RoughAge(Seconds(7300)), "2h");
  EXPECT_EQ(RoughAge(Seconds(86'400 * 12.5)), "12d");
}

}  // namespace
}  // namespace trireme
