// SPDX-License-Identifier: Apache-2.0
#include "server/proc_files.h"

#include <gtest/gtest.h>

namespace trireme {
namespace {

constexpr const char* kStat =
    "cpu  100 20 30 800 50 1 2 3 7 0\n"
    "cpu0 50 10 15 400 25 0 1 1 3 0\n"
    "btime 1700000000\n"
    "processes 4242\n";

TEST(ProcFiles, TimeIsBusyUnlessItIsIdleOrWaitsForADisk) {
  const auto ticks = ParseCpuTicks(kStat);
  ASSERT_TRUE(ticks);
  EXPECT_EQ(ticks->total, 1006u);
  EXPECT_EQ(ticks->busy, 156u);
}

TEST(ProcFiles, UtilizationIsAShareOfTheTimeBetween) {
  EXPECT_DOUBLE_EQ(Utilization({.busy = 100, .total = 1000}, {.busy = 150, .total = 1200}), 0.25);
  EXPECT_EQ(Utilization({.busy = 100, .total = 1000}, {.busy = 100, .total = 1000}), 0);
  EXPECT_EQ(Utilization({.busy = 100, .total = 1000}, {.busy = 90, .total = 1100}), 0);
  EXPECT_EQ(Utilization({.busy = 100, .total = 1000}, {.busy = 300, .total = 1100}), 1);
}

TEST(ProcFiles, FindsTheNumberOfAWholeName) {
  EXPECT_EQ(FindNumber(kStat, "btime"), 1700000000u);
  EXPECT_EQ(FindNumber("MemTotalOther: 1 kB\nMemTotal:       16384 kB\n", "MemTotal"), 16384u);
  EXPECT_EQ(FindNumber("VmRSS:\t    7 kB", "VmRSS"), 7u);
  EXPECT_EQ(FindNumber("VmRSS:\t    7 kB", "VmSize"), std::nullopt);
  EXPECT_EQ(FindNumber("VmRSS: many\n", "VmRSS"), std::nullopt);
  EXPECT_EQ(FindNumber("VmRSS", "VmRSS"), std::nullopt);
  EXPECT_EQ(FindNumber("", "VmRSS"), std::nullopt);
}

TEST(ProcFiles, TheNameOfAProgramMayBeNasty) {
  EXPECT_EQ(ParseStartTicks("42 (a) 1 2 (b) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 31415 0 0\n"), 31415u);
  EXPECT_EQ(ParseStartTicks("42 (a) S 1 2"), std::nullopt);
  EXPECT_EQ(ParseStartTicks(""), std::nullopt);
}

TEST(ProcFiles, TextOfAnotherFormIsNothing) {
  EXPECT_FALSE(ParseCpuTicks(""));
  EXPECT_FALSE(ParseCpuTicks("cpu0 1 2 3 4 5 6 7 8\n"));
  EXPECT_FALSE(ParseCpuTicks("cpu  1 2 3\n"));
}

}  // namespace
}  // namespace trireme
