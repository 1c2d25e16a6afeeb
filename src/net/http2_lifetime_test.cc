// SPDX-License-Identifier: Apache-2.0
#include "net/http2_lifetime.h"

#include <gtest/gtest.h>

namespace trireme::net {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TimePoint kStart{hours(5)};
using Action = Http2Lifetime::Action;

class Http2LifetimeTest : public testing::Test {
 protected:
  // One that has seen the preface.
  Http2Lifetime Life(double jitter = 0) {
    Http2Lifetime life(limits_, http2_, kStart, jitter);
    life.OnPreface();
    return life;
  }

  // What is due at next(), and that nothing was before.
  static Action AtNext(const Http2Lifetime& life) {
    EXPECT_EQ(life.Due(life.next() - milliseconds(1)), Action::kNone);
    return life.Due(life.next());
  }

  HttpLimits limits_;
  Http2Limits http2_;
};

TEST_F(Http2LifetimeTest, WaitsForThePrefaceAsForAHead) {
  const Http2Lifetime life(limits_, http2_, kStart, 0);
  EXPECT_EQ(life.next(), kStart + limits_.head_timeout);
  EXPECT_EQ(AtNext(life), Action::kTooSlow);
}

TEST_F(Http2LifetimeTest, WaitsForTheRestOfAHead) {
  Http2Lifetime life = Life();
  life.OnHeadBegins(kStart + seconds(3));
  EXPECT_EQ(life.next(), kStart + seconds(3) + limits_.head_timeout);
  EXPECT_EQ(AtNext(life), Action::kTooSlow);
  life.OnHeadEnds();
  EXPECT_EQ(life.next(), kStart + limits_.idle_timeout);
}

TEST_F(Http2LifetimeTest, DrainsWhenIdle) {
  Http2Lifetime life = Life();
  EXPECT_EQ(life.next(), kStart + limits_.idle_timeout);
  EXPECT_EQ(AtNext(life), Action::kDrain);
  life.OnStreamOpens();
  EXPECT_EQ(life.next(), kStart + http2_.keepalive_time) << "not idle with a stream";
  life.OnStreamEnds(kStart + seconds(100));
  EXPECT_EQ(life.next(), kStart + seconds(100) + limits_.idle_timeout);
}

TEST_F(Http2LifetimeTest, PingsASilentClientAndCutsItOff) {
  Http2Lifetime life = Life();
  life.OnStreamOpens();
  life.OnBytes(kStart + seconds(10));
  EXPECT_EQ(life.next(), kStart + seconds(10) + http2_.keepalive_time);
  EXPECT_EQ(AtNext(life), Action::kPing);
  life.OnPinged(life.next());
  EXPECT_EQ(AtNext(life), Action::kCutOff);
}

TEST_F(Http2LifetimeTest, TakesAnyBytesForAnAnswerToAPing) {
  Http2Lifetime life = Life();
  life.OnStreamOpens();
  life.OnPinged(kStart + seconds(1));
  life.OnBytes(kStart + seconds(2));
  EXPECT_EQ(life.next(), kStart + seconds(2) + http2_.keepalive_time);
}

TEST_F(Http2LifetimeTest, DrainsWhenOldGiveOrTakeATenth) {
  http2_.max_connection_age = seconds(50);
  for (const auto& [jitter, age] : {std::pair(-1.0, seconds(45)), {0.0, seconds(50)}, {1.0, seconds(55)}}) {
    Http2Lifetime life = Life(jitter);
    life.OnStreamOpens();
    EXPECT_EQ(life.next(), kStart + age);
    EXPECT_EQ(AtNext(life), Action::kDrain);
  }
}

TEST_F(Http2LifetimeTest, DrainsInTwoSteps) {
  Http2Lifetime life = Life();
  life.OnStreamOpens();
  life.OnNoticed(kStart);
  EXPECT_TRUE(life.draining());
  EXPECT_FALSE(life.drained());
  EXPECT_EQ(life.next(), kStart + seconds(1));
  EXPECT_EQ(AtNext(life), Action::kFinishDrain);
  life.OnDrained(kStart + seconds(1));
  EXPECT_TRUE(life.drained());
  EXPECT_EQ(life.next(), kStart + http2_.keepalive_time) << "streams may take as long as they take";
}

TEST_F(Http2LifetimeTest, CutsOffStreamsThatOutlastTheGrace) {
  http2_.max_connection_age = seconds(50);
  http2_.max_connection_age_grace = seconds(5);
  Http2Lifetime life = Life();
  life.OnStreamOpens();
  life.OnNoticed(kStart + seconds(50));
  life.OnDrained(kStart + seconds(51));
  EXPECT_EQ(life.next(), kStart + seconds(55));
  EXPECT_EQ(AtNext(life), Action::kCutOff);
}

TEST_F(Http2LifetimeTest, GivesStreamsOfAYoungConnectionAllTheTimeTheyNeed) {
  http2_.max_connection_age = seconds(50);
  http2_.max_connection_age_grace = seconds(5);
  Http2Lifetime life = Life();
  life.OnStreamOpens();
  life.OnDrained(kStart + seconds(1));
  EXPECT_EQ(life.next(), kStart + http2_.keepalive_time);
}

}  // namespace
}  // namespace trireme::net
