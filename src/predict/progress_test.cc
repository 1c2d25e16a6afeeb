// SPDX-License-Identifier: Apache-2.0
#include "predict/progress.h"

#include <gtest/gtest.h>

#include <sstream>

namespace trireme::predict {
namespace {

using std::chrono::seconds;

TEST(BarText, HasShareRowsRateAndTimeLeft) {
  EXPECT_EQ(BarText({.rows = 1'500'000, .rows_before = 500'000, .time = seconds(10), .share = 0.5}, 200),
            "[##########          ] 50 %  1,500,000 rows  100,000 rows/s  about 10s left");
}

TEST(BarText, LeavesOutWhatNobodyKnows) {
  EXPECT_EQ(BarText({.rows = 20, .rows_before = 0, .time = seconds(2), .share = std::nullopt}, 200),
            "20 rows  10 rows/s");
  EXPECT_EQ(BarText({.rows = 0, .rows_before = 0, .time = seconds(0), .share = 0.0}, 200),
            "[                    ] 0 %  0 rows");
}

TEST(BarText, WhatOtherRunsHaveDoneSaysNothingOfTheTimeLeft) {
  EXPECT_EQ(BarText({.rows = 900, .rows_before = 800, .time = seconds(10), .share = 0.9, .share_before = 0.8}, 200),
            "[##################  ] 90 %  900 rows  10 rows/s  about 10s left");
}

TEST(BarText, FitsTheTerminal) {
  EXPECT_EQ(BarText({.rows = 20, .rows_before = 0, .time = seconds(2), .share = 1.0}, 10).size(), 10u);
}

TEST(Grouped, PutsCommasBetweenThousands) {
  EXPECT_EQ(Grouped(0), "0");
  EXPECT_EQ(Grouped(999), "999");
  EXPECT_EQ(Grouped(1000), "1,000");
  EXPECT_EQ(Grouped(1234567), "1,234,567");
  EXPECT_EQ(Grouped(-123456), "-123,456");
}

TEST(ProgressReporter, SaysLinesWhereThereIsNoTerminal) {
  std::ostringstream out;
  ProgressReporter progress(out, false);
  progress.Show({.rows = 1, .rows_before = 0, .time = seconds(11), .share = std::nullopt});
  progress.Show({.rows = 2, .rows_before = 0, .time = seconds(12), .share = std::nullopt});
  EXPECT_EQ(out.str(), "trireme: 1 rows  0 rows/s\n");
}

}  // namespace
}  // namespace trireme::predict
