// SPDX-License-Identifier: Apache-2.0
#include "bench/measure.h"

#include <gtest/gtest.h>

#include <chrono>

#include "bench/testing/queue_target.h"

namespace trireme::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(MeasureTest, AddsUpWhatTheWindowsSaw) {
  QueueTarget queue({.servers = 1, .service = milliseconds(1)});
  queue.instead = [](const LoadPlan&) -> Result<LoadResult> {
    LoadResult result;
    for (int i = 1; i <= 2; ++i) {
      Window window{.length = seconds(i), .failures = 1};
      for (int k = 0; k < 30; ++k) window.latency.Record(milliseconds(i));
      result.windows.push_back(window);
    }
    result.failures["HTTP 503"] = {.count = 5, .sample = "no"};
    return result;
  };
  const Measurement measured = Measure(queue, {}).value();
  EXPECT_EQ(measured.per_second, 20);
  EXPECT_EQ(measured.latency.count(), 60U);
  EXPECT_EQ(measured.failed, 2U);
  EXPECT_EQ(measured.length, seconds(3));
  EXPECT_EQ(measured.failures.at("HTTP 503").count, 5U);
  EXPECT_FALSE(measured.cpu_a_request.has_value());
  EXPECT_FALSE(measured.interrupted());
}

TEST(MeasureTest, PassesOnWhyNothingWasMeasured) {
  QueueTarget queue({.servers = 1, .service = milliseconds(1)});
  queue.instead = [](const LoadPlan&) -> Result<LoadResult> { return NotFound("no such model"); };
  EXPECT_EQ(Measure(queue, {}).status().code(), StatusCode::kNotFound);
}

}  // namespace
}  // namespace trireme::bench
