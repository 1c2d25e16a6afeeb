// SPDX-License-Identifier: Apache-2.0
#include "net/http2_abuse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trireme::net {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::HasSubstr;

constexpr TimePoint kStart{hours(5)};
using Kind = Http2Abuse::Kind;

TEST(MinuteCountTest, CountsWhatHappenedWithinAMinute) {
  MinuteCount count;
  EXPECT_EQ(count.Add(kStart), 1u);
  EXPECT_EQ(count.Add(kStart), 2u);
  EXPECT_EQ(count.Add(kStart + seconds(54)), 3u);
}

TEST(MinuteCountTest, ForgetsWhatIsAMinuteOld) {
  MinuteCount count;
  for (int i = 0; i < 10; ++i) count.Add(kStart);
  count.Add(kStart + seconds(30));
  EXPECT_EQ(count.Add(kStart + seconds(60)), 2u);
  EXPECT_EQ(count.Add(kStart + seconds(90)), 2u);
  EXPECT_EQ(count.Add(kStart + hours(3)), 1u);
}

TEST(MinuteCountTest, NeverCountsMoreThanAMinuteHeld) {
  MinuteCount count;
  for (int i = 0; i < 1000; ++i) EXPECT_LE(count.Add(kStart + i * seconds(1)), 60u);
}

class Http2AbuseTest : public testing::Test {
 protected:
  // How many of a kind pass at once, up to `most`.
  uint32_t Passing(Kind kind, uint32_t most = 5000) {
    uint32_t passed = 0;
    while (passed < most && abuse_.Allow(kind, kStart)) ++passed;
    return passed;
  }

  const Http2Limits limits_{.max_resets = 7, .max_pings = 8, .max_settings = 9, .max_empty_frames = 10};
  Http2Abuse abuse_{limits_};
};

TEST_F(Http2AbuseTest, AllowsEachKindAsOftenAsItsLimitSays) {
  EXPECT_EQ(Passing(Kind::kReset), 7u);
  EXPECT_EQ(Passing(Kind::kPing), 8u);
  EXPECT_EQ(Passing(Kind::kSettings), 9u);
  EXPECT_EQ(Passing(Kind::kEmptyFrame), 10u);
}

TEST_F(Http2AbuseTest, AllowsAgainAMinuteLater) {
  Passing(Kind::kReset);
  EXPECT_FALSE(abuse_.Allow(Kind::kReset, kStart + seconds(50)));
  EXPECT_TRUE(abuse_.Allow(Kind::kReset, kStart + seconds(65)));
}

TEST_F(Http2AbuseTest, AnswersEarnPings) {
  for (int i = 0; i < 100; ++i) abuse_.OnAnswered();
  EXPECT_EQ(Passing(Kind::kPing), 108u);
}

TEST_F(Http2AbuseTest, RequestsAndSentDataEarnWindowUpdates) {
  for (int i = 0; i < 100; ++i) abuse_.OnRequest();
  abuse_.OnDataSent(8192);
  EXPECT_EQ(Passing(Kind::kWindowUpdate), 218u);
  EXPECT_FALSE(abuse_.Allow(Kind::kEmptyFrame, kStart)) << "they count as frames that say nothing";
}

TEST_F(Http2AbuseTest, NamesTheLimitInItsComplaint) {
  EXPECT_THAT(Http2Abuse::Complaint(Kind::kReset, limits_), HasSubstr("at most 7 a minute (max_resets)"));
  EXPECT_THAT(Http2Abuse::Complaint(Kind::kPing, limits_), HasSubstr("(max_pings)"));
  EXPECT_THAT(Http2Abuse::Complaint(Kind::kSettings, limits_), HasSubstr("(max_settings)"));
  EXPECT_THAT(Http2Abuse::Complaint(Kind::kEmptyFrame, limits_), HasSubstr("(max_empty_frames)"));
}

}  // namespace
}  // namespace trireme::net
