// SPDX-License-Identifier: Apache-2.0
#include "backends/trees/row_team.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "base/quiet_thread.h"

namespace trireme::trees {
namespace {

TEST(RowTeam, DoesEachShareOnce) {
  RowTeam team(4);
  std::vector<std::atomic<int>> done(100);
  for (int run = 0; run < 20; ++run) team.Run(4, done.size(), [&](size_t share) { ++done[share]; });
  for (const auto& times : done) EXPECT_EQ(times, 20);
}

TEST(RowTeam, HelpersTakeSharesWhileTheCallerWorks) {
  RowTeam team(2);
  std::atomic<int> inside = 0;
  // Neither share ends before the other has begun.
  team.Run(2, 2, [&](size_t) {
    ++inside;
    while (inside < 2) std::this_thread::yield();
  });
  EXPECT_EQ(team.started(), 1);
}

TEST(RowTeam, HasNoHelpersForOneThreadOrOneProcessor) {
  RowTeam team(8);
  const auto caller = std::this_thread::get_id();
  team.Run(1, 10, [&](size_t) { EXPECT_EQ(std::this_thread::get_id(), caller); });
  EXPECT_EQ(team.started(), 0);
  RowTeam small(1);
  small.Run(8, 10, [&](size_t) { EXPECT_EQ(std::this_thread::get_id(), caller); });
  EXPECT_EQ(small.started(), 0);
}

TEST(RowTeam, HelpsNobodyWhoStandsBack) {
  RowTeam team(8);
  RunQuietly({}, [&] { team.Run(8, 10, [](size_t) {}); });
  EXPECT_EQ(team.started(), 0);
}

TEST(RowTeam, ServesManyCallersAtOnce) {
  RowTeam team(4);
  std::vector<std::thread> callers;
  std::atomic<int> done = 0;
  for (int caller = 0; caller < 4; ++caller) {
    callers.emplace_back([&] {
      for (int run = 0; run < 50; ++run) team.Run(3, 7, [&](size_t) { ++done; });
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(done, 4 * 50 * 7);
}

}  // namespace
}  // namespace trireme::trees
