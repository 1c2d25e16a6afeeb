// SPDX-License-Identifier: Apache-2.0
#include "cache/response_cache.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace trireme {
namespace {

constexpr size_t kBytes = 1000;  // of an answer, for these tests

Hash128 Key(uint64_t number) {
  return {number, ~number};
}

std::shared_ptr<const KeptAnswer> Answer(int64_t version) {
  auto answer = std::make_shared<KeptAnswer>();
  answer->model = {"m", version};
  return answer;
}

int64_t Found(ResponseCache::Share& share, uint64_t number) {
  const auto answer = share.Find(Key(number));
  return answer == nullptr ? -1 : answer->model.version;
}

void Put(ResponseCache::Share& share, uint64_t number) {
  share.Put(Key(number), Answer(static_cast<int64_t>(number)), kBytes);
}

TEST(ResponseCache, FindsWhatWasPut) {
  ResponseCache cache;
  const auto share = cache.Open(10 * kBytes);
  EXPECT_EQ(Found(*share, 1), -1);
  Put(*share, 1);
  EXPECT_EQ(Found(*share, 1), 1);
  EXPECT_EQ(Found(*share, 2), -1);
  EXPECT_EQ(cache.use().bytes, kBytes);
  EXPECT_EQ(cache.use().answers, 1U);
}

TEST(ResponseCache, KeepsTheFirstAnswerOfTwo) {
  ResponseCache cache;
  const auto share = cache.Open(10 * kBytes);
  Put(*share, 1);
  share->Put(Key(1), Answer(7), kBytes);
  EXPECT_EQ(Found(*share, 1), 1);
  EXPECT_EQ(cache.use().bytes, kBytes);
}

TEST(ResponseCache, TakesThePlaceOfWhatNobodyAskedForInTheLongestTime) {
  ResponseCache cache;
  const auto share = cache.Open(3 * kBytes);
  for (uint64_t number = 1; number <= 3; ++number) Put(*share, number);
  EXPECT_EQ(Found(*share, 1), 1);
  Put(*share, 4);
  EXPECT_EQ(Found(*share, 2), -1);
  for (const uint64_t number : {1, 3, 4}) EXPECT_EQ(Found(*share, number), static_cast<int64_t>(number));
  EXPECT_EQ(cache.use().bytes, 3 * kBytes);
  EXPECT_EQ(cache.use().evictions, 1U);
}

TEST(ResponseCache, TellsWhatIsNeverKept) {
  ResponseCache cache(4 * kBytes);
  EXPECT_TRUE(cache.Open(3 * kBytes)->Fits(3 * kBytes));
  EXPECT_FALSE(cache.Open(3 * kBytes)->Fits(3 * kBytes + 1));
  EXPECT_FALSE(cache.Open(100 * kBytes)->Fits(4 * kBytes + 1));
}

TEST(ResponseCache, SharesTheWholeBetweenModels) {
  ResponseCache cache(3 * kBytes);
  const auto a = cache.Open(3 * kBytes);
  const auto b = cache.Open(3 * kBytes);
  for (uint64_t number = 1; number <= 3; ++number) Put(*a, number);
  Put(*b, 1);
  EXPECT_EQ(Found(*a, 1), -1) << "the oldest of all";
  EXPECT_EQ(Found(*a, 2), 2);
  EXPECT_EQ(Found(*b, 1), 1);
  EXPECT_EQ(cache.use().bytes, 3 * kBytes);
}

TEST(ResponseCache, AModelsBoundTakesNothingOfOthers) {
  ResponseCache cache;
  const auto a = cache.Open(3 * kBytes);
  const auto b = cache.Open(kBytes);
  Put(*a, 1);
  for (uint64_t number = 1; number <= 3; ++number) Put(*b, number);
  EXPECT_EQ(Found(*a, 1), 1);
  EXPECT_EQ(Found(*b, 2), -1);
  EXPECT_EQ(Found(*b, 3), 3);
}

TEST(ResponseCache, AnswersGoWithTheirModel) {
  ResponseCache cache;
  const auto a = cache.Open(1000 * kBytes);
  auto b = cache.Open(1000 * kBytes);
  Put(*a, 1);
  for (uint64_t number = 1; number <= 1000; ++number) Put(*b, number);
  const auto held = b->Find(Key(1));
  b.reset();
  EXPECT_EQ(cache.use().bytes, kBytes);
  EXPECT_EQ(cache.use().answers, 1U);
  EXPECT_EQ(Found(*a, 1), 1);
  EXPECT_EQ(held->model.version, 1) << "who was given one has it";
}

TEST(ResponseCache, AShareMayOutliveTheCache) {
  std::shared_ptr<ResponseCache::Share> share;
  {
    ResponseCache cache;
    share = cache.Open(10 * kBytes);
  }
  Put(*share, 1);
  EXPECT_EQ(Found(*share, 1), 1);
}

TEST(ResponseCache, StaysWithinItsBoundsWhateverThreadsDo) {
  ResponseCache cache(50 * kBytes);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&cache, thread] {
      const auto share = cache.Open(20 * kBytes);
      for (uint64_t i = 0; i < 2000; ++i) {
        const uint64_t number = i * 7 % 40;
        if (const int64_t found = Found(*share, number); found >= 0) {
          EXPECT_EQ(found, static_cast<int64_t>(number)) << thread;
        }
        Put(*share, number);
        EXPECT_LE(cache.use().bytes, 50 * kBytes);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(cache.use().bytes, 0U);
}

}  // namespace
}  // namespace trireme
