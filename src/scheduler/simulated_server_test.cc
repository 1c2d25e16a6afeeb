// SPDX-License-Identifier: Apache-2.0
#include "scheduler/testing/simulated_server.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

// What the scheduler's decisions add up to, on run times as they were measured and on a clock of their own.
// benchmarks/simulate_schedule.cc has all models and loads, and the whole grid of fixed settings.
namespace trireme::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Duration Ms(double ms) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::milli>(ms));
}

// MobileNetV3-large on two cores.
RunTimeCurve Cpu() {
  return {.narrow = [](int64_t rows) { return Ms(6.7 * static_cast<double>(rows)); },
          .wide = [](int64_t rows) { return Ms(4.3 * static_cast<double>(rows)); }};
}
constexpr double kCpuPeak = 2 / 0.0067;

// Flat to a batch of 32.
RunTimeCurve Gpu() {
  return {.narrow = [](int64_t rows) { return Ms(3 * (1 + 0.006 * static_cast<double>(rows - 1))); }, .wide = nullptr};
}
constexpr double kGpuPeak = 32 / 0.003558;

Traffic Steady(const RunTimeCurve& curve, double rate) {
  return {.name = "m", .curve = curve, .goal = {.quantile = 0.99, .latency = milliseconds(100)}, .rate = [=](Duration) {
            return rate;
          }};
}

Outcome OutcomeOf(const Traffic& traffic, Rules rules) {
  return Simulate({traffic}, rules)[0];
}

double Late(const Outcome& outcome) {
  return static_cast<double>(outcome.late) / static_cast<double>(std::max<uint64_t>(1, outcome.late + outcome.in_time));
}

constexpr Rules kCpuRules{.processors = 2, .length = seconds(90), .measured_from = seconds(30)};
constexpr Rules kGpuRules{.processors = 1, .length = seconds(12), .measured_from = seconds(6)};

TEST(SimulatedServer, AnswersAllInTimeWhenItIsNotFull) {
  const Outcome outcome = OutcomeOf(Steady(Cpu(), 0.8 * kCpuPeak), kCpuRules);
  EXPECT_EQ(outcome.refused, 0U);
  EXPECT_LT(Late(outcome), 0.01);
  EXPECT_LT(outcome.p99, milliseconds(100));
  EXPECT_LT(outcome.error_p90, 0.2);
}

TEST(SimulatedServer, KeepsItsGoodputAtTwiceWhatItCanDo) {
  for (const bool gpu : {false, true}) {
    const double peak = gpu ? kGpuPeak : kCpuPeak;
    const Rules rules = gpu ? kGpuRules : kCpuRules;
    const Outcome full = OutcomeOf(Steady(gpu ? Gpu() : Cpu(), peak), rules);
    const Outcome over = OutcomeOf(Steady(gpu ? Gpu() : Cpu(), 2 * peak), rules);
    EXPECT_GT(over.goodput(), 0.95 * full.goodput()) << gpu;
    EXPECT_LT(Late(over), 0.01) << "runs in vain";
    EXPECT_LT(over.error_p90, 0.2) << gpu;
    EXPECT_LT(over.p99, milliseconds(101)) << gpu;
  }
}

TEST(SimulatedServer, IsAsGoodAsTheBestFixedSettingAtEachLoad) {
  for (const bool gpu : {false, true}) {
    for (const double load : {0.3, 0.9}) {
      const Traffic traffic = Steady(gpu ? Gpu() : Cpu(), load * (gpu ? kGpuPeak : kCpuPeak));
      Rules rules = gpu ? kGpuRules : kCpuRules;
      const Outcome ours = OutcomeOf(traffic, rules);
      double best = 0;
      for (const int64_t batch : {1, 8, 32}) {
        for (const int callers : {1, 2}) {
          for (const int threads : {1, 2}) {
            if (threads > rules.processors) continue;
            rules.fixed = FixedSetting{.batch = batch, .callers = callers, .threads = threads};
            best = std::max(best, OutcomeOf(traffic, rules).goodput());
          }
        }
      }
      EXPECT_GT(ours.goodput(), 0.95 * best) << gpu << " " << load;
    }
  }
}

TEST(SimulatedServer, FirstComeFirstServedLosesOnAGpu) {
  const Traffic traffic = Steady(Gpu(), 0.9 * kGpuPeak);
  Rules rules = kGpuRules;
  rules.fixed = FixedSetting{};
  EXPECT_LT(OutcomeOf(traffic, rules).goodput(), 0.1 * OutcomeOf(traffic, kGpuRules).goodput());
}

TEST(SimulatedServer, AnswersALonelyRequestWithAllProcessors) {
  const Outcome outcome = OutcomeOf(Steady(Cpu(), 10), kCpuRules);
  EXPECT_LT(outcome.p50, Ms(4.6));
}

TEST(SimulatedServer, OutlivesABurst) {
  Traffic traffic = Steady(Cpu(), 0);
  traffic.rate = [](Duration since) {
    return since >= seconds(50) && since < seconds(60) ? 3 * kCpuPeak : 0.3 * kCpuPeak;
  };
  const Outcome outcome = OutcomeOf(traffic, kCpuRules);
  EXPECT_LT(Late(outcome), 0.01);
  // All of the quiet time, and all that can be done in the burst.
  EXPECT_GT(static_cast<double>(outcome.in_time), 0.95 * (0.3 * kCpuPeak * 50 + kCpuPeak * 10));
}

TEST(SimulatedServer, SettlesAtASteadyLoad) {
  const Outcome outcome = OutcomeOf(Steady(Gpu(), kGpuPeak), kGpuRules);
  EXPECT_LE(outcome.changes, 4U);
  EXPECT_LT(outcome.most_margin - outcome.least_margin, 0.1);
}

TEST(SimulatedServer, ServesBestAsItCanWhenTheGoalCannotBeKept) {
  Traffic traffic = Steady(Cpu(), 0.5 * kCpuPeak);
  traffic.goal.latency = milliseconds(2);
  const Outcome outcome = OutcomeOf(traffic, kCpuRules);
  EXPECT_GT(outcome.late, outcome.arrived / 4) << "they are answered";
}

TEST(SimulatedServer, TakesAModelWhoseRunsTakeAHundredTimesAsLong) {
  Traffic traffic = Steady(Cpu(), 0.3 * kCpuPeak);
  traffic.curve.vary = 100;
  const Outcome outcome = OutcomeOf(traffic, kCpuRules);
  EXPECT_GT(static_cast<double>(outcome.in_time), 0.5 * static_cast<double>(outcome.arrived));
  EXPECT_EQ(outcome.in_time + outcome.late + outcome.refused, outcome.arrived);
}

TEST(SimulatedServer, SharesTheProcessorsBetweenModels) {
  const double half = 0.9 * kCpuPeak;
  std::vector<Traffic> traffic = {Steady(Cpu(), half), Steady(Cpu(), 0.2 * kCpuPeak)};
  const std::vector<Outcome> outcomes = Simulate(traffic, kCpuRules);
  // The small one has what it asks for, though the other one would take all.
  EXPECT_GT(static_cast<double>(outcomes[1].in_time), 0.97 * static_cast<double>(outcomes[1].arrived));
  EXPECT_GT(outcomes[0].goodput() + outcomes[1].goodput(), 0.95 * kCpuPeak);
}

TEST(SimulatedServer, GivesTheSameForTheSameSeed) {
  const Traffic traffic = Steady(Cpu(), kCpuPeak);
  Rules rules{.processors = 2, .length = seconds(10), .measured_from = seconds(1)};
  EXPECT_EQ(OutcomeOf(traffic, rules).in_time, OutcomeOf(traffic, rules).in_time);
  rules.seed = 2;
  const Traffic other = traffic;
  EXPECT_NE(OutcomeOf(other, rules).arrived, 0U);
}

}  // namespace
}  // namespace trireme::simulation
