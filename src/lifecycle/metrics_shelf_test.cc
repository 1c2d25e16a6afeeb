// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/metrics_shelf.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace trireme {
namespace {

TEST(MetricsShelf, GivesTheSameToAllWhoHoldAVersion) {
  metrics::Registry registry;
  MetricsShelf shelf(registry);
  const auto first = shelf.Take({"m", 1});
  EXPECT_EQ(shelf.Take({"m", 1}), first);
  EXPECT_NE(shelf.Take({"m", 2}), first);
}

// A series that is registered twice ends the process.
TEST(MetricsShelf, NeverHasTwoOfAVersion) {
  metrics::Registry registry;
  MetricsShelf shelf(registry);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&shelf] {
      for (int k = 0; k < 200; ++k) EXPECT_NE(shelf.Take({"m", 1}), nullptr);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace trireme
