// SPDX-License-Identifier: Apache-2.0
#include "base/snapshot.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace trireme {
namespace {

TEST(SnapshotTest, StartsWithTheValueGiven) {
  EXPECT_EQ(*Snapshot<int>(3).Read(), 3);
  EXPECT_EQ(*Snapshot<int>().Read(), 0);
}

TEST(SnapshotTest, AReaderKeepsWhatItTook) {
  Snapshot<std::vector<int>> table({1, 2});
  const auto before = table.Read();
  table.Publish({3});
  EXPECT_EQ(*before, (std::vector<int>{1, 2}));
  EXPECT_EQ(*table.Read(), (std::vector<int>{3}));
}

TEST(SnapshotTest, AnOldValueGoesWithItsLastReader) {
  auto watched = std::make_shared<int>(1);
  const std::weak_ptr<int> alive = watched;
  Snapshot<std::shared_ptr<int>> table(std::move(watched));
  auto reader = table.Read();
  table.Publish(nullptr);
  EXPECT_FALSE(alive.expired());
  reader.reset();
  EXPECT_TRUE(alive.expired());
}

TEST(SnapshotTest, ReadersNeverSeeAHalfWrittenValue) {
  constexpr int kRounds = 2000;
  Snapshot<std::pair<int, int>> table({0, 0});
  std::thread writer([&table] {
    for (int i = 1; i <= kRounds; ++i) table.Publish({i, i});
  });
  int last = 0;
  while (last < kRounds) {
    const auto seen = table.Read();
    EXPECT_EQ(seen->first, seen->second);
    EXPECT_GE(seen->first, last);
    last = seen->first;
  }
  writer.join();
}

}  // namespace
}  // namespace trireme
