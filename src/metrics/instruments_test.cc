// SPDX-License-Identifier: Apache-2.0
#include "metrics/instruments.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace trireme::metrics {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

void InThreads(int threads, const auto& work) {
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i) running.emplace_back(work);
  for (std::thread& thread : running) thread.join();
}

TEST(CounterTest, AddsUpWhatManyThreadsCount) {
  Counter counter;
  InThreads(4, [&] {
    for (int i = 0; i < 10'000; ++i) counter.Add(i % 2 + 1);
  });
  EXPECT_EQ(counter.value(), 4 * 15'000u);
}

TEST(GaugeTest, LosesNoStepOfManyThreads) {
  Gauge gauge;
  gauge.Set(7);
  InThreads(4, [&] {
    for (int i = 0; i < 1'000; ++i) {
      gauge.Add(3);
      gauge.Add(-2);
    }
  });
  EXPECT_EQ(gauge.value(), 4'007);
}

TEST(HistogramTest, ABoundBelongsToItsBucket) {
  Histogram histogram(Buckets::Counts({1, 2, 4}));
  for (const int64_t value : {1, 2, 2, 3, 4, 5, 1000}) histogram.Observe(value);
  const Histogram::Reading reading = histogram.Read();
  EXPECT_EQ(reading.counts, (std::vector<uint64_t>{1, 2, 2, 2}));
  EXPECT_EQ(reading.count, 7u);
  EXPECT_EQ(reading.sum, 1017);
}

TEST(HistogramTest, ShowsDurationsInSeconds) {
  Histogram histogram(Buckets::Seconds({microseconds(10), milliseconds(1)}));
  histogram.Observe(microseconds(10));
  histogram.Observe(milliseconds(250));
  const Histogram::Reading reading = histogram.Read();
  EXPECT_EQ(reading.counts, (std::vector<uint64_t>{1, 0, 1}));
  EXPECT_DOUBLE_EQ(reading.sum, 0.25001);
}

TEST(HistogramTest, CountsWhatIsBelowZeroAsZero) {
  Histogram histogram(Buckets::Counts({1}));
  histogram.Observe(-5);
  EXPECT_EQ(histogram.Read().counts, (std::vector<uint64_t>{1, 0}));
  EXPECT_EQ(histogram.Read().sum, 0);
}

TEST(HistogramTest, LosesNothingThatManyThreadsObserve) {
  Histogram histogram(Buckets::Counts({1, 2, 3, 4, 5, 6, 7, 8, 9}));
  InThreads(4, [&] {
    for (int64_t i = 0; i < 10'000; ++i) histogram.Observe(i % 10 + 1);
  });
  const Histogram::Reading reading = histogram.Read();
  EXPECT_EQ(reading.counts, std::vector<uint64_t>(10, 4'000));
  EXPECT_EQ(reading.sum, 4 * 55'000);
}

TEST(HistogramDeathTest, RefusesBoundsThatDoNotRise) {
  EXPECT_DEATH(Histogram(Buckets::Counts({1, 1})), "adjacent_find");
  EXPECT_DEATH(Histogram(Buckets::Counts({})), "empty");
}

}  // namespace
}  // namespace trireme::metrics
