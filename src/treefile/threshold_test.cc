// SPDX-License-Identifier: Apache-2.0
#include "treefile/threshold.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace trireme::treefile {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(ThresholdForTest, SaysTheSameOfEveryFloatNearby) {
  const std::vector<double> bounds = {
      0,         -0.0, 0.5,   0.1,    -0.1,  1e-35,    1.0000000180025095e-35, -1e-45,
      1e-300,    3e38, 1e300, -1e300, 1e-45, 16777217, std::nextafter(0.5, 1), std::nextafter(0.5, 0),
      -kInfinity};
  for (const double bound : bounds) {
    const std::optional<float> threshold = ThresholdFor(bound);
    ASSERT_TRUE(threshold) << bound;
    float x = std::nextafter(static_cast<float>(std::clamp(bound, -3e38, 3e38)), -INFINITY);
    x = std::nextafter(x, -INFINITY);
    std::vector<float> values = {-INFINITY, INFINITY, -0.0F, 0.0F, std::numeric_limits<float>::max()};
    for (int i = 0; i < 5; ++i, x = std::nextafter(x, INFINITY)) values.push_back(x);
    for (const float value : values) {
      EXPECT_EQ(value < *threshold, static_cast<double>(value) <= bound) << value << " against " << bound;
    }
  }
}

TEST(ThresholdForTest, HasNoneAboveAllFloats) {
  EXPECT_FALSE(ThresholdFor(kInfinity));
  EXPECT_FALSE(ThresholdFor(std::nan("")));
}

}  // namespace
}  // namespace trireme::treefile
