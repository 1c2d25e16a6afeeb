// SPDX-License-Identifier: Apache-2.0
#include "net/body_pace.h"

#include <gtest/gtest.h>

namespace trireme::net {
namespace {

using std::chrono::seconds;

const TimePoint kStart{std::chrono::hours(1)};
const HttpLimits kLimits{.stall_timeout = seconds(20), .min_body_bytes_per_second = 1000};

struct Case {
  seconds last_progress;  // after the start
  uint64_t bytes;
  seconds too_slow_at;
};

TEST(BodyPace, EndsAStallOrABodyBelowTheRateWhicheverIsFirst) {
  const Case cases[] = {
      {seconds(0), 0, seconds(20)},         // nothing came: stalled
      {seconds(15), 100, seconds(20)},      // it trickles: the grace is over before the stall
      {seconds(15), 25'000, seconds(25)},   // the bytes earned 25 s
      {seconds(15), 100'000, seconds(35)},  // far ahead: only a stall ends it
      {seconds(90), 95'000, seconds(95)},   // ahead until 95 s
      {seconds(90), 1 << 30, seconds(110)}, {seconds(90), UINT64_MAX, seconds(110)},
  };
  for (const Case& c : cases) {
    const BodyPace pace{.started = kStart, .last_progress = kStart + c.last_progress, .bytes = c.bytes};
    EXPECT_EQ(TooSlowAt(pace, kLimits), kStart + c.too_slow_at) << c.last_progress.count() << " " << c.bytes;
  }
}

TEST(BodyPace, AsksForProgressAloneWithoutARate) {
  HttpLimits limits = kLimits;
  limits.min_body_bytes_per_second = 0;
  EXPECT_EQ(TooSlowAt({.started = kStart, .last_progress = kStart + seconds(500), .bytes = 1}, limits),
            kStart + seconds(520));
}

}  // namespace
}  // namespace trireme::net
