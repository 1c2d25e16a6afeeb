// SPDX-License-Identifier: Apache-2.0
#include "bench/spread.h"

#include <gtest/gtest.h>

namespace trireme::bench {
namespace {

TEST(SpreadTest, TakesTheMiddleOfAnOddNumber) {
  EXPECT_EQ(SpreadOf({5, 1, 3}), (Spread{.median = 3, .min = 1, .max = 5}));
}

TEST(SpreadTest, TakesTheMeanOfTheMiddleTwo) {
  EXPECT_EQ(SpreadOf({4, 1, 2, 9}), (Spread{.median = 3, .min = 1, .max = 9}));
}

TEST(SpreadTest, OfNothingIsZero) {
  EXPECT_EQ(SpreadOf({}), Spread());
}

}  // namespace
}  // namespace trireme::bench
