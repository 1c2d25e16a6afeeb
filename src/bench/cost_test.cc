// SPDX-License-Identifier: Apache-2.0
#include "bench/cost.h"

#include <gtest/gtest.h>

namespace trireme::bench {
namespace {

TEST(CostTest, IsThePriceOfTheTimeThatAMillionTake) {
  EXPECT_NEAR(CostPerMillion(3.6, 1000), 1, 1e-12);
  EXPECT_NEAR(CostPerMillion(1.2, 437.5), 0.7619, 1e-4);
  EXPECT_EQ(CostPerMillion(1.2, 0), 0);
}

TEST(CostTest, SaysHowItWasComputed) {
  EXPECT_EQ(CostFormula(3.6, 1000), "3.600 an hour / (1000 requests/s x 3600 s) x 1000000 requests = 1.000");
}

}  // namespace
}  // namespace trireme::bench
