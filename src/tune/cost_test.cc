// SPDX-License-Identifier: Apache-2.0
#include "tune/cost.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trireme::tune {
namespace {

using testing::HasSubstr;

TEST(ReadPrice, IsOfOneDeviceOrOfAll) {
  Prices prices;
  ASSERT_TRUE(ReadPrice("0.35", prices).ok());
  ASSERT_TRUE(ReadPrice("cuda:0=2.1", prices).ok());
  EXPECT_EQ(PriceOf(prices, "cuda:0"), 2.1);
  EXPECT_EQ(PriceOf(prices, "cpu"), 0.35);
  EXPECT_EQ(PriceOf(prices, ""), 0.35);
  EXPECT_THAT(ReadPrice("0.4", prices).message(), HasSubstr("another one for all"));
  EXPECT_THAT(ReadPrice("cuda:0=3", prices).message(), HasSubstr("another one for cuda:0"));
  EXPECT_EQ(PriceOf({}, "cpu"), std::nullopt);
}

TEST(ReadPrice, IsAboveZero) {
  for (const char* text : {"0", "-1", "", "free", "1x", "nan", "inf", "cpu=", "cpu=0", "1e30"}) {
    Prices prices;
    EXPECT_THAT(ReadPrice(text, prices).message(), HasSubstr("expected a price per hour")) << text;
  }
  Prices prices;
  EXPECT_FALSE(ReadPrice("gpu=1", prices).ok());
}

TEST(CostPerVideoDay, IsTheShareOfTheMachineThatKeepsUp) {
  // 300 rows a second keep up with ten videos of 30 frames: each has a tenth of 24 hours at 0.5.
  EXPECT_DOUBLE_EQ(CostPerVideoDay(0.5, 300, 30), 1.2);
  EXPECT_EQ(VideosAtOnce(300, 30), 10);
  EXPECT_EQ(VideosAtOnce(299, 30), 9);
  EXPECT_EQ(VideosAtOnce(20, 30), 0);
}

TEST(VideoFormula, HasItsNumbers) {
  EXPECT_EQ(VideoFormula(0.5, 150, 2, 30),
            "24 h x 0.500 an hour x 30.00 frames/s / (150.0 requests/s x 2.000 rows) = 1.200");
}

}  // namespace
}  // namespace trireme::tune
