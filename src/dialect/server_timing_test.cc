// SPDX-License-Identifier: Apache-2.0
#include "dialect/server_timing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "net/testing/recorded_grpc_answer.h"

namespace trireme {
namespace {

using std::chrono::microseconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

const TimePoint kStart{std::chrono::hours(1)};

TEST(ServerTiming, ShowsEveryStageInMilliseconds) {
  const Stages stages{.received = kStart,
                      .queued = kStart + microseconds(4),
                      .taken = kStart + microseconds(124),
                      .run_begin = kStart + microseconds(125),
                      .run_end = kStart + microseconds(12159),
                      .answered = kStart + microseconds(12160)};
  EXPECT_EQ(
      ServerTiming({}, stages, kStart + microseconds(12200)),
      "decode;dur=0.004, queue;dur=0.120, input;dur=0.001, compute;dur=12.034, output;dur=0.001, encode;dur=0.040");
}

TEST(ServerTiming, ShowsHowLongARequestWaitedForItsModel) {
  const Stages stages{.received = kStart,
                      .awaited = kStart + microseconds(4),
                      .queued = kStart + microseconds(30004),
                      .answered = kStart + microseconds(32004)};
  EXPECT_EQ(ServerTiming(DeadlineExceeded("late"), stages, kStart),
            "decode;dur=0.004, load;dur=30.000, queue;dur=2.000");
}

TEST(ServerTiming, ShowsHowLongAnUnrunRequestWaited) {
  const Stages stages{.received = kStart, .queued = kStart + microseconds(4), .answered = kStart + microseconds(2004)};
  EXPECT_EQ(ServerTiming(DeadlineExceeded("late"), stages, kStart), "decode;dur=0.004, queue;dur=2.000");
}

TEST(ServerTiming, ShowsHowLongAnAnswerFromTheCacheTook) {
  const Stages stages{.received = kStart, .answered = kStart + microseconds(12)};
  EXPECT_EQ(ServerTiming({}, stages, kStart + microseconds(40)), "cache;dur=0.012, encode;dur=0.028");
}

TEST(ServerTiming, IsEmptyForARequestThatWasRefusedBeforeALine) {
  EXPECT_EQ(ServerTiming(NotFound("no model"), {.received = kStart, .answered = kStart}, kStart), "");
  EXPECT_EQ(ServerTiming({}, {.received = kStart}, kStart), "");
}

TEST(ServerTiming, GoesWithAnAnswerIfThereIsOne) {
  net::HttpResponse response;
  AddServerTiming(response, "");
  EXPECT_THAT(response.headers, IsEmpty());
  AddServerTiming(response, "queue;dur=1.000");
  EXPECT_THAT(response.headers, ElementsAre(Pair("Server-Timing", "queue;dur=1.000")));
}

TEST(ServerTiming, GoesWithACallsEnd) {
  for (const char* timing : {"", "queue;dur=1.000"}) {
    const auto answer = std::make_shared<net::RecordedGrpcAnswer>();  // shared with the reply
    net::GrpcReply reply(answer);
    FinishWithTiming(reply, {.text = "message", .inserts = {}}, timing);
    EXPECT_THAT(answer->messages, ElementsAre("message"));
    EXPECT_EQ(answer->finishes, 1);
    EXPECT_EQ(answer->status->code, net::GrpcCode::kOk);
    EXPECT_EQ(answer->status->metadata.size(), *timing == 0 ? 0U : 1U);
  }
}

}  // namespace
}  // namespace trireme
