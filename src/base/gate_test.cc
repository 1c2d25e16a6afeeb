// SPDX-License-Identifier: Apache-2.0
#include "base/gate.h"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace trireme {
namespace {

constexpr auto kLongPast = std::chrono::steady_clock::time_point::min();

TEST(GateTest, CountsWhatIsInside) {
  Gate gate;
  EXPECT_EQ(gate.inside(), 0);
  {
    const Gate::Pass first = gate.Enter();
    const Gate::Pass second = gate.Enter();
    EXPECT_TRUE(first);
    EXPECT_EQ(gate.inside(), 2);
  }
  EXPECT_EQ(gate.inside(), 0);
}

TEST(GateTest, NobodyEntersAfterClose) {
  Gate gate;
  gate.Close();
  EXPECT_FALSE(gate.Enter());
  EXPECT_EQ(gate.inside(), 0);
}

TEST(GateTest, APassTakenBeforeCloseStaysGood) {
  Gate gate;
  std::optional<Gate::Pass> pass = gate.Enter();
  gate.Close();
  EXPECT_TRUE(*pass);
  EXPECT_FALSE(gate.WaitUntilEmpty(kLongPast));
  pass.reset();
  EXPECT_TRUE(gate.WaitUntilEmpty(kLongPast));
}

TEST(GateTest, AMovedPassLeavesOnce) {
  Gate gate;
  Gate::Pass first = gate.Enter();
  Gate::Pass second = std::move(first);
  EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): moved-from is empty, by contract
  EXPECT_EQ(gate.inside(), 1);
  second = gate.Enter();  // the pass it held leaves
  EXPECT_EQ(gate.inside(), 1);
  second = Gate::Pass();
  EXPECT_EQ(gate.inside(), 0);
}

TEST(GateTest, WaitsForAllThatAreInside) {
  constexpr int kThreads = 4;
  std::atomic<int> done = 0;
  std::vector<std::thread> threads;
  {
    Gate gate;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&done, pass = gate.Enter()]() mutable {
        ++done;
        pass = Gate::Pass();  // the gate may be gone from here on
      });
    }
    gate.Close();
    EXPECT_TRUE(gate.WaitUntilEmpty());
    EXPECT_EQ(done, kThreads);
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(GateDeathTest, DestroyingAGateWithAPassOutIsABug) {
  EXPECT_DEATH(
      {
        auto gate = std::make_optional<Gate>();
        const Gate::Pass pass = gate->Enter();
        gate.reset();
      },
      "inside\\(\\) == 0");
}

}  // namespace
}  // namespace trireme
