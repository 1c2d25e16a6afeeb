// SPDX-License-Identifier: Apache-2.0
#include "tune/progress.h"

#include <gtest/gtest.h>

#include <sstream>

namespace trireme::tune {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr SearchProgress kProgress = {.visits_done = 7,
                                      .visits_planned = 20,
                                      .rung = 1,
                                      .rungs = 4,
                                      .time_spent = seconds(70),
                                      .time_left = seconds(130)};

TEST(BarText, SaysHowFarAndHowLong) {
  EXPECT_EQ(BarText(kProgress, "batch 8", 200),
            "[#######             ] 35 %  rung 2 of 4, 7 of 20  about 3m left  batch 8");
  EXPECT_EQ(BarText(kProgress, "batch 8", 10), "[#######  ");
  EXPECT_EQ(BarText({}, "x", 200), "[                    ] 0 %  rung 1 of 1, 0 of 0  about 0s left  x");
}

TEST(RoughTime, IsAsExactAsAnybodyWants) {
  EXPECT_EQ(RoughTime(milliseconds(1)), "1s");
  EXPECT_EQ(RoughTime(seconds(-5)), "0s");
  EXPECT_EQ(RoughTime(seconds(99)), "99s");
  EXPECT_EQ(RoughTime(seconds(101)), "2m");
  EXPECT_EQ(RoughTime(minutes(125)), "2h 5m");
}

TEST(ProgressReporter, WritesLinesWhereThereIsNoTerminal) {
  std::ostringstream out;
  {
    ProgressReporter progress(out, /*on_terminal=*/false);
    progress.Show(kProgress, "add", "batch 8");
    progress.Say("done");
  }
  EXPECT_EQ(out.str(), "trireme: add: rung 2 of 4, 8 of 20: batch 8 (about 3m left)\ntrireme: done\n");
}

TEST(ProgressReporter, TakesItsBarAwayBeforeALineThatStays) {
  std::ostringstream out;
  {
    ProgressReporter progress(out, /*on_terminal=*/true);
    progress.Show(kProgress, "add", "batch 8");
    progress.Say("done");
  }
  EXPECT_EQ(out.str().find('\n'), out.str().size() - 1);
  EXPECT_NE(out.str().find("\r\x1b[Ktrireme: done\n"), std::string::npos);
}

}  // namespace
}  // namespace trireme::tune
