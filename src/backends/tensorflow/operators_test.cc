// SPDX-License-Identifier: Apache-2.0
#include "backends/tensorflow/operators.h"

#include <gtest/gtest.h>

namespace trireme::tensorflow {
namespace {

TEST(FindOperator, FindsEachOfThem) {
  for (const Operator& each : AllOperators()) EXPECT_EQ(FindOperator(each.name), &each) << each.name;
  EXPECT_EQ(FindOperator("NoSuchOperator"), nullptr);
  EXPECT_EQ(FindOperator(""), nullptr);
  EXPECT_EQ(FindOperator("zzz"), nullptr);
}

TEST(AxisIn, FollowsTheChannels) {
  for (const size_t rank : {3, 4, 5}) {
    const std::vector<int64_t> order = ToChannelsFirst(rank);
    for (size_t at = 0; at < rank; ++at) {
      EXPECT_EQ(AxisIn(Layout::kChannelsFirst, order[at], rank), static_cast<int64_t>(at));
      EXPECT_EQ(order[static_cast<size_t>(FromChannelsFirst(rank)[at])], static_cast<int64_t>(at));
    }
  }
}

TEST(Broadcast, IsThatOfTheLastDimensions) {
  EXPECT_EQ(Broadcast(Dims{2, 3}, Dims{3}), (Dims{2, 3}));
  EXPECT_EQ(Broadcast(Dims{2, 1}, Dims{1, 3}), (Dims{2, 3}));
  EXPECT_EQ(Broadcast(Dims{kAnySize, 3}, Dims{}), (Dims{kAnySize, 3}));
  EXPECT_EQ(Broadcast(Dims{kAnySize}, Dims{4}), (Dims{4}));
  EXPECT_EQ(Broadcast(Dims{2}, Dims{3}), std::nullopt);
  EXPECT_EQ(Broadcast(Dims{2}, std::nullopt), std::nullopt);
}

}  // namespace
}  // namespace trireme::tensorflow
