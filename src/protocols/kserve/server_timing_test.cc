// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/server_timing.h"

#include <gtest/gtest.h>

namespace trireme::kserve {
namespace {

using std::chrono::microseconds;

const TimePoint kStart{std::chrono::hours(1)};

TEST(ServerTiming, ShowsEveryStageInMilliseconds) {
  const Stages stages{.received = kStart,
                      .queued = kStart + microseconds(4),
                      .taken = kStart + microseconds(124),
                      .run_begin = kStart + microseconds(125),
                      .run_end = kStart + microseconds(12159),
                      .answered = kStart + microseconds(12160)};
  EXPECT_EQ(
      ServerTiming(stages, kStart + microseconds(12200)),
      "decode;dur=0.004, queue;dur=0.120, input;dur=0.001, compute;dur=12.034, output;dur=0.001, encode;dur=0.040");
}

TEST(ServerTiming, ShowsHowLongARequestWaitedForItsModel) {
  const Stages stages{.received = kStart,
                      .awaited = kStart + microseconds(4),
                      .queued = kStart + microseconds(30004),
                      .answered = kStart + microseconds(32004)};
  EXPECT_EQ(ServerTiming(stages, kStart), "decode;dur=0.004, load;dur=30.000, queue;dur=2.000");
}

TEST(ServerTiming, ShowsHowLongAnUnrunRequestWaited) {
  const Stages stages{.received = kStart, .queued = kStart + microseconds(4), .answered = kStart + microseconds(2004)};
  EXPECT_EQ(ServerTiming(stages, kStart), "decode;dur=0.004, queue;dur=2.000");
}

TEST(ServerTiming, IsEmptyForARequestThatNeverEnteredALine) {
  EXPECT_EQ(ServerTiming({.received = kStart, .answered = kStart}, kStart), "");
}

}  // namespace
}  // namespace trireme::kserve
