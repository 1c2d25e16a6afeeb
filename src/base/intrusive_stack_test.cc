// SPDX-License-Identifier: Apache-2.0
#include "base/intrusive_stack.h"

#include <gtest/gtest.h>

#include <array>
#include <thread>
#include <vector>

namespace trireme {
namespace {

struct Item {
  int producer = 0;
  int number = 0;
  Item* next = nullptr;
};

TEST(IntrusiveStackTest, GivesAllItemsInTheOrderTheyCame) {
  std::array<Item, 3> items = {Item{.number = 0}, Item{.number = 1}, Item{.number = 2}};
  IntrusiveStack<Item> stack;
  for (Item& item : items) stack.Push(&item);
  int expected = 0;
  for (const Item* item = stack.TakeAll(); item != nullptr; item = item->next) EXPECT_EQ(item->number, expected++);
  EXPECT_EQ(expected, 3);
  EXPECT_EQ(stack.TakeAll(), nullptr);
}

TEST(IntrusiveStackTest, OnlyThePushOntoAnEmptyStackSaysSo) {
  Item first;
  Item second;
  IntrusiveStack<Item> stack;
  EXPECT_TRUE(stack.empty());
  EXPECT_TRUE(stack.Push(&first));
  EXPECT_FALSE(stack.Push(&second));
  EXPECT_FALSE(stack.empty());
  stack.TakeAll();
  EXPECT_TRUE(stack.empty());
  EXPECT_TRUE(stack.Push(&first));
}

TEST(IntrusiveStackTest, LosesNothingBetweenManyThreads) {
  constexpr int kProducers = 3;
  constexpr int kItems = 2000;
  std::vector<std::vector<Item>> items(kProducers, std::vector<Item>(kItems));
  IntrusiveStack<Item> stack;
  std::vector<std::thread> producers;
  for (int p = 0; p < kProducers; ++p) {
    producers.emplace_back([&stack, &mine = items[p], p] {
      for (int i = 0; i < kItems; ++i) {
        mine[i].producer = p;
        mine[i].number = i;
        stack.Push(&mine[i]);
      }
    });
  }
  std::array<int, kProducers> next = {};
  for (int taken = 0; taken < kProducers * kItems;) {
    for (const Item* item = stack.TakeAll(); item != nullptr; item = item->next) {
      EXPECT_EQ(item->number, next[item->producer]++);
      ++taken;
    }
  }
  for (std::thread& producer : producers) producer.join();
  EXPECT_TRUE(stack.empty());
}

}  // namespace
}  // namespace trireme
