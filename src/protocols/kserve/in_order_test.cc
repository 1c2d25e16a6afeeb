// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/in_order.h"

#include <gtest/gtest.h>

#include <memory>

namespace trireme::kserve {
namespace {

TEST(InOrder, GivesWhatIsNextAndNothingBeforeIt) {
  InOrder<int> order;
  EXPECT_EQ(order.Take(), std::nullopt);
  order.Put(2, 20);
  order.Put(1, 10);
  EXPECT_EQ(order.Take(), std::nullopt);
  order.Put(0, 0);
  EXPECT_EQ(order.Take(), 0);
  EXPECT_EQ(order.Take(), 10);
  EXPECT_EQ(order.Take(), 20);
  EXPECT_EQ(order.Take(), std::nullopt);
  order.Put(3, 30);
  EXPECT_EQ(order.Take(), 30);
}

TEST(InOrder, HoldsWhatCanOnlyBeMoved) {
  InOrder<std::unique_ptr<int>> order;
  order.Put(1, std::make_unique<int>(1));
  order.Put(0, std::make_unique<int>(0));
  EXPECT_EQ(**order.Take(), 0);
  EXPECT_EQ(**order.Take(), 1);
}

}  // namespace
}  // namespace trireme::kserve
