// SPDX-License-Identifier: Apache-2.0
#include "bench/latency_histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace trireme::bench {
namespace {

TEST(LatencyHistogramTest, IsExactForASingleSmallValue) {
  for (int64_t value = 0; value < 256; ++value) {
    LatencyHistogram histogram;
    histogram.Record(Duration(value));
    EXPECT_EQ(histogram.Quantile(0.5), Duration(value));
  }
}

TEST(LatencyHistogramTest, EveryValueComesBackWithinHalfAPercent) {
  for (int bit = 8; bit < 40; ++bit) {
    for (const int64_t offset : {int64_t{-1}, int64_t{0}, int64_t{1}, int64_t{1} << (bit - 1)}) {
      const int64_t value = (int64_t{1} << bit) + offset;
      LatencyHistogram histogram;
      histogram.Record(Duration(value));
      histogram.Record(Duration(2 * value));  // so that the exact maximum does not answer
      const auto got = static_cast<double>(histogram.Quantile(0.5).count());
      EXPECT_NEAR(got, static_cast<double>(value), static_cast<double>(value) * 0.005) << value;
    }
  }
}

TEST(LatencyHistogramTest, QuantilesAgreeWithSortedValues) {
  std::mt19937_64 random(1);
  std::lognormal_distribution<double> latency(std::log(50'000.0), 1.5);
  LatencyHistogram histogram;
  std::vector<int64_t> values;
  for (int i = 0; i < 10'000; ++i) {
    values.push_back(static_cast<int64_t>(latency(random)));
    histogram.Record(Duration(values.back()));
  }
  std::ranges::sort(values);
  for (const double share : {0.001, 0.5, 0.9, 0.99, 0.999}) {
    const auto exact = static_cast<double>(values[static_cast<size_t>(std::ceil(share * 10'000)) - 1]);
    EXPECT_NEAR(static_cast<double>(histogram.Quantile(share).count()), exact, exact * 0.01) << share;
  }
  EXPECT_EQ(histogram.max(), Duration(values.back()));
  EXPECT_EQ(histogram.Quantile(1), Duration(values.back()));
}

TEST(LatencyHistogramTest, AnEmptyOneSaysZero) {
  EXPECT_EQ(LatencyHistogram().Quantile(0.99), Duration(0));
  EXPECT_EQ(LatencyHistogram().count(), 0u);
}

TEST(LatencyHistogramTest, TakesWhatIsOutOfRange) {
  LatencyHistogram histogram;
  histogram.Record(Duration(-5));
  histogram.Record(Duration::max());
  EXPECT_EQ(histogram.count(), 2u);
  EXPECT_EQ(histogram.Quantile(0), Duration(0));
  EXPECT_GT(histogram.Quantile(1), std::chrono::minutes(18));
}

TEST(LatencyHistogramTest, AddsUp) {
  LatencyHistogram one, other;
  one.Record(Duration(10));
  other.Record(Duration(20));
  other.Record(Duration(30));
  one.Add(other);
  EXPECT_EQ(one.count(), 3u);
  EXPECT_EQ(one.Quantile(0.5), Duration(20));
  EXPECT_EQ(one.max(), Duration(30));
}

TEST(LatencyHistogramTest, CountsWhatTookLongerThanABound) {
  LatencyHistogram histogram;
  for (int i = 1; i <= 100; ++i) histogram.Record(std::chrono::milliseconds(i));
  EXPECT_EQ(histogram.CountAbove(std::chrono::milliseconds(50)), 50u);
  EXPECT_EQ(histogram.CountAbove(std::chrono::microseconds(90'600)), 10u);
  EXPECT_EQ(histogram.CountAbove(std::chrono::milliseconds(100)), 0u);
  EXPECT_EQ(histogram.CountAbove(Duration(0)), 100u);
  EXPECT_EQ(histogram.CountAbove(Duration(-1)), 100u);
  EXPECT_EQ(histogram.CountAbove(Duration::max()), 0u);
  EXPECT_EQ(LatencyHistogram().CountAbove(Duration(0)), 0u);
}

}  // namespace
}  // namespace trireme::bench
