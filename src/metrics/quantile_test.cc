// SPDX-License-Identifier: Apache-2.0
#include "metrics/quantile.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace trireme::metrics {
namespace {

std::optional<double> Of(const std::vector<std::pair<int64_t, int>>& values, double share) {
  Histogram histogram(Buckets::Counts({10, 20, 50}));
  for (const auto& [value, times] : values) {
    for (int i = 0; i < times; ++i) histogram.Observe(value);
  }
  return Quantile(histogram.buckets(), histogram.Read(), share);
}

TEST(QuantileTest, SpreadsValuesEvenlyInTheirBucket) {
  EXPECT_DOUBLE_EQ(*Of({{5, 100}}, 0.5), 5);
  EXPECT_DOUBLE_EQ(*Of({{15, 100}}, 0.5), 15);
  EXPECT_DOUBLE_EQ(*Of({{5, 50}, {30, 50}}, 0.75), 35);
  EXPECT_DOUBLE_EQ(*Of({{5, 99}, {30, 1}}, 0.99), 10);
  EXPECT_DOUBLE_EQ(*Of({{5, 980}, {30, 20}}, 0.99), 35);
}

TEST(QuantileTest, SkipsBucketsThatAreEmpty) {
  EXPECT_DOUBLE_EQ(*Of({{30, 100}}, 0.01), 20.3);
}

TEST(QuantileTest, SaysAtLeastWhereBucketsEnd) {
  EXPECT_DOUBLE_EQ(*Of({{1000, 100}}, 0.99), 50);
}

TEST(QuantileTest, SaysNothingOfTooFewValues) {
  EXPECT_EQ(Of({}, 0.5), std::nullopt);
  EXPECT_EQ(Of({{5, 1}}, 0.5), std::nullopt);
  EXPECT_NE(Of({{5, 2}}, 0.5), std::nullopt);
  EXPECT_EQ(Of({{5, 99}}, 0.99), std::nullopt);
  EXPECT_NE(Of({{5, 100}}, 0.99), std::nullopt);
}

}  // namespace
}  // namespace trireme::metrics
