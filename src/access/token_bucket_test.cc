// SPDX-License-Identifier: Apache-2.0
#include "access/token_bucket.h"

#include <gtest/gtest.h>

namespace trireme {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

const TimePoint kStart{hours(100)};

// Takes as long as there is something, at one moment.
int TakeAll(TokenBucket& bucket, TimePoint now) {
  int taken = 0;
  for (; bucket.Has(1, now); ++taken) bucket.Take(1);
  return taken;
}

TEST(TokenBucket, IsFullAtFirstAndThenGivesWhatComes) {
  TokenBucket bucket(100, 100, kStart);
  EXPECT_EQ(TakeAll(bucket, kStart), 100);
  EXPECT_EQ(TakeAll(bucket, kStart + milliseconds(9)), 0);
  EXPECT_EQ(TakeAll(bucket, kStart + milliseconds(50)), 5);
  EXPECT_EQ(TakeAll(bucket, kStart + seconds(3600)), 100);  // no more is kept
}

TEST(TokenBucket, GivesItsRateToWhoTakesTenTimesAsMuch) {
  TokenBucket bucket(100, 100, kStart);
  int taken = 0;
  for (int ms = 0; ms < 100'000; ++ms) {
    if (!bucket.Has(1, kStart + milliseconds(ms))) continue;
    bucket.Take(1);
    ++taken;
  }
  EXPECT_NEAR(taken, 100 * 100 + 100, 1);
}

TEST(TokenBucket, SaysWhenThereIsEnough) {
  TokenBucket bucket(10, 10, kStart);
  EXPECT_EQ(bucket.Until(1, kStart), Duration(0));
  TakeAll(bucket, kStart);
  EXPECT_EQ(bucket.Until(1, kStart), milliseconds(100));
  EXPECT_FALSE(bucket.Has(1, kStart + milliseconds(99)));
  EXPECT_TRUE(bucket.Has(1, kStart + milliseconds(100)));
  EXPECT_EQ(bucket.Until(5, kStart + milliseconds(100)), milliseconds(400));
}

TEST(TokenBucket, GivesWhatIsEverKeptToWhoWantsMore) {
  TokenBucket bucket(2, 2, kStart);
  EXPECT_TRUE(bucket.Has(50, kStart));
  bucket.Take(50);
  EXPECT_EQ(bucket.Until(50, kStart), TokenBucket::kLongestDebt + seconds(1));
}

TEST(TokenBucket, ForgivesWhatIsOwedBeyondTheLongestDebt) {
  TokenBucket bucket(2, 2, kStart);
  bucket.Take(1e12);
  EXPECT_EQ(bucket.Until(0, kStart), TokenBucket::kLongestDebt);
  EXPECT_TRUE(bucket.Has(0, kStart + TokenBucket::kLongestDebt));
}

TEST(TokenBucket, TakesBackWhatWasTakenTooMuchAndNoMore) {
  TokenBucket bucket(1, 3, kStart);
  bucket.Take(2);
  bucket.Take(-1);
  EXPECT_EQ(TakeAll(bucket, kStart), 2);
  bucket.Take(-100);
  EXPECT_EQ(TakeAll(bucket, kStart), 3);
}

TEST(TokenBucket, GivesNothingEverAtRateZero) {
  TokenBucket bucket(0, 1, kStart);
  EXPECT_FALSE(bucket.Has(1, kStart));
  EXPECT_FALSE(bucket.Has(0, kStart + hours(1000)));
  EXPECT_EQ(bucket.Until(1, kStart), Duration(0));
}

TEST(TokenBucket, WaitsADayAtMostWhateverTheRate) {
  TokenBucket bucket(1e-300, 1, kStart);
  bucket.Take(1);
  EXPECT_EQ(bucket.Until(1, kStart), hours(24));
}

TEST(TokenBucket, GivesNothingTwiceWhenTheClockIsSetBack) {
  TokenBucket bucket(10, 10, kStart);
  EXPECT_EQ(TakeAll(bucket, kStart), 10);
  int taken = 0;
  for (int i = 0; i < 100; ++i) {  // two processors whose clocks are 1 ms apart
    taken += TakeAll(bucket, kStart + milliseconds(1));
    taken += TakeAll(bucket, kStart);
  }
  EXPECT_EQ(taken, 0);
}

TEST(TokenBucket, GoesOnFillingWhenTheClockIsSetFarBack) {
  TokenBucket bucket(10, 10, kStart);
  TakeAll(bucket, kStart);
  const TimePoint back = kStart - hours(50);
  EXPECT_EQ(TakeAll(bucket, back), 0);
  EXPECT_EQ(TakeAll(bucket, back + milliseconds(500)), 5);
}

TEST(TokenBucket, FillsOnceWhenTheClockJumpsAhead) {
  TokenBucket bucket(10, 10, kStart);
  TakeAll(bucket, kStart);
  EXPECT_EQ(TakeAll(bucket, kStart + hours(100'000)), 10);
  EXPECT_EQ(TakeAll(bucket, kStart + hours(100'000)), 0);
}

TEST(TokenBucket, IsFullAgainWhenWhatWasTakenHasCome) {
  TokenBucket bucket(10, 10, kStart);
  EXPECT_TRUE(bucket.IsFull(kStart));
  bucket.Take(1);
  EXPECT_FALSE(bucket.IsFull(kStart + milliseconds(99)));
  EXPECT_TRUE(bucket.IsFull(kStart + milliseconds(101)));
}

}  // namespace
}  // namespace trireme
