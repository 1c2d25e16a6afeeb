// SPDX-License-Identifier: Apache-2.0
#include "bench/arrivals.h"

#include <gtest/gtest.h>

#include <chrono>

namespace trireme::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(ArrivalTimesTest, ConstantOnesAreEvenAndDoNotDrift) {
  ArrivalTimes times(Arrivals::kConstant, 300, 1);
  EXPECT_EQ(times.Next(), Duration(0));
  Duration last{0};
  for (int i = 1; i <= 300 * 3'600; ++i) last = times.Next();
  EXPECT_EQ(last, seconds(3'600));
}

TEST(ArrivalTimesTest, PoissonOnesHaveTheRateAndItsVariance) {
  ArrivalTimes times(Arrivals::kPoisson, 1'000, 7);
  constexpr int kCount = 200'000;
  double sum = 0;
  double squares = 0;
  Duration before{0};
  for (int i = 0; i < kCount; ++i) {
    const Duration now = times.Next();
    const double gap = std::chrono::duration<double>(now - before).count();
    ASSERT_GE(gap, 0);
    sum += gap;
    squares += gap * gap;
    before = now;
  }
  const double mean = sum / kCount;
  EXPECT_NEAR(mean, 0.001, 0.00002);
  // An exponential distribution's deviation is its mean.
  EXPECT_NEAR(squares / kCount - mean * mean, 1e-6, 5e-8);
}

TEST(ArrivalTimesTest, AreTheSameForTheSameSeed) {
  ArrivalTimes one(Arrivals::kPoisson, 10, 3), same(Arrivals::kPoisson, 10, 3), other(Arrivals::kPoisson, 10, 4);
  const Duration first = one.Next();
  EXPECT_EQ(first, same.Next());
  EXPECT_NE(first, other.Next());
}

}  // namespace
}  // namespace trireme::bench
