// SPDX-License-Identifier: Apache-2.0
#include "scheduler/testing/simulated_server.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "scheduler/testing/measured_models.h"

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

Traffic Evenly(const RunTimeCurve& curve, double rate) {
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

const Rules kCpuRules{.processors = 2, .length = seconds(90), .measured_from = seconds(30)};
const Rules kGpuRules{.processors = 1, .length = seconds(12), .measured_from = seconds(6)};

TEST(SimulatedServer, AnswersAllInTimeWhenItIsNotFull) {
  const Outcome outcome = OutcomeOf(Evenly(Cpu(), 0.8 * kCpuPeak), kCpuRules);
  EXPECT_EQ(outcome.refused, 0U);
  EXPECT_LT(Late(outcome), 0.01);
  EXPECT_LT(outcome.p99, milliseconds(100));
  EXPECT_LT(outcome.error_p90, 0.2);
}

TEST(SimulatedServer, KeepsItsGoodputAtTwiceWhatItCanDo) {
  for (const bool gpu : {false, true}) {
    const double peak = gpu ? kGpuPeak : kCpuPeak;
    const Rules rules = gpu ? kGpuRules : kCpuRules;
    const Outcome full = OutcomeOf(Evenly(gpu ? Gpu() : Cpu(), peak), rules);
    const Outcome over = OutcomeOf(Evenly(gpu ? Gpu() : Cpu(), 2 * peak), rules);
    EXPECT_GT(over.goodput(), 0.95 * full.goodput()) << gpu;
    EXPECT_LT(Late(over), 0.01) << "runs in vain";
    EXPECT_LT(over.error_p90, 0.2) << gpu;
    EXPECT_LT(over.p99, milliseconds(101)) << gpu;
  }
}

TEST(SimulatedServer, IsAsGoodAsTheBestFixedSettingAtEachLoad) {
  for (const bool gpu : {false, true}) {
    for (const double load : {0.3, 0.9}) {
      const Traffic traffic = Evenly(gpu ? Gpu() : Cpu(), load * (gpu ? kGpuPeak : kCpuPeak));
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
  const Traffic traffic = Evenly(Gpu(), 0.9 * kGpuPeak);
  Rules rules = kGpuRules;
  rules.fixed = FixedSetting{};
  EXPECT_LT(OutcomeOf(traffic, rules).goodput(), 0.1 * OutcomeOf(traffic, kGpuRules).goodput());
}

TEST(SimulatedServer, SaysHowFullItIs) {
  for (const bool gpu : {false, true}) {
    for (const double load : {0.1, 0.3, 0.6, 2.0}) {
      const Outcome outcome =
          OutcomeOf(Evenly(gpu ? Gpu() : Cpu(), load * (gpu ? kGpuPeak : kCpuPeak)), gpu ? kGpuRules : kCpuRules);
      EXPECT_GT(outcome.load, 0.9 * load) << gpu;
      EXPECT_LT(outcome.load, 1.3 * load) << gpu;
    }
  }
}

TEST(SimulatedServer, AnswersALonelyRequestWithAllProcessors) {
  const Outcome outcome = OutcomeOf(Evenly(Cpu(), 10), kCpuRules);
  EXPECT_LT(outcome.p50, Ms(4.6));
}

TEST(SimulatedServer, OutlivesABurst) {
  Traffic traffic = Evenly(Cpu(), 0);
  traffic.rate = [](Duration since) {
    return since >= seconds(50) && since < seconds(60) ? 3 * kCpuPeak : 0.3 * kCpuPeak;
  };
  const Outcome outcome = OutcomeOf(traffic, kCpuRules);
  EXPECT_LT(Late(outcome), 0.01);
  // All of the quiet time, and all that can be done in the burst.
  EXPECT_GT(static_cast<double>(outcome.in_time), 0.95 * (0.3 * kCpuPeak * 50 + kCpuPeak * 10));
}

TEST(SimulatedServer, TakesALoadThatComesFromOneMomentToTheNext) {
  Traffic traffic = Evenly(Gpu(), 0);
  traffic.rate = [](Duration since) { return (since < seconds(6) ? 0.02 : 0.8) * kGpuPeak; };
  const Outcome outcome = OutcomeOf(traffic, kGpuRules);
  EXPECT_LT(static_cast<double>(outcome.refused), 0.001 * static_cast<double>(outcome.arrived));
  EXPECT_LT(Late(outcome), 0.001);
  EXPECT_LE(outcome.changes, 3U);
}

TEST(SimulatedServer, SettlesAtASteadyLoad) {
  for (const bool gpu : {false, true}) {
    const Outcome outcome =
        OutcomeOf(Evenly(gpu ? Gpu() : Cpu(), gpu ? kGpuPeak : kCpuPeak), gpu ? kGpuRules : kCpuRules);
    EXPECT_LE(outcome.changes, 4U) << gpu;
    EXPECT_LT(outcome.most_margin - outcome.least_margin, 0.1) << gpu;
  }
}

TEST(SimulatedServer, ServesBestAsItCanWhenTheGoalCannotBeKept) {
  Traffic traffic = Evenly(Cpu(), 0.5 * kCpuPeak);
  traffic.goal.latency = milliseconds(2);
  const Outcome outcome = OutcomeOf(traffic, kCpuRules);
  EXPECT_GT(outcome.late, outcome.arrived / 4) << "they are answered";
}

TEST(SimulatedServer, TakesAModelWhoseRunsTakeAHundredTimesAsLong) {
  Traffic traffic = Evenly(Cpu(), 0.3 * kCpuPeak);
  traffic.curve.vary = 100;
  const Outcome outcome = OutcomeOf(traffic, kCpuRules);
  EXPECT_GT(static_cast<double>(outcome.in_time), 0.5 * static_cast<double>(outcome.arrived));
  EXPECT_EQ(outcome.in_time + outcome.late + outcome.refused, outcome.arrived);
}

TEST(SimulatedServer, SharesTheProcessorsBetweenModels) {
  const double half = 0.9 * kCpuPeak;
  std::vector<Traffic> traffic = {Evenly(Cpu(), half), Evenly(Cpu(), 0.2 * kCpuPeak)};
  const std::vector<Outcome> outcomes = Simulate(traffic, kCpuRules);
  // The small one has what it asks for, though the other one would take all.
  EXPECT_GT(static_cast<double>(outcomes[1].in_time), 0.97 * static_cast<double>(outcomes[1].arrived));
  EXPECT_GT(outcomes[0].goodput() + outcomes[1].goodput(), 0.95 * kCpuPeak);
}

// A minute of bursts or drift in seconds, where requests are many. Not of tiny models, of which so many come that it
// would have to be in milliseconds: the rate of arrivals is averaged over two seconds.
struct Short {
  std::string name;
  Duration length;
  int pace;
};

const std::vector<Short> kShort = {
    {"ParticleNet, CPU", seconds(24), 10},   {"BERT-base 128, CPU", seconds(480), 1},
    {"detector, CPU", seconds(480), 1},      {"MobileNetV3, GPU", seconds(4), 60},
    {"BERT-base 128, GPU", seconds(12), 20}, {"ResNet50 tight, GPU", seconds(6), 40},
};

double BestOfAFew(const Traffic& traffic, Rules rules) {
  double best = 0;
  const int all = rules.processors;
  for (const FixedSetting& setting : {FixedSetting{.callers = all}, FixedSetting{.threads = all},
                                      FixedSetting{.batch = 8, .delay = milliseconds(1), .callers = all},
                                      FixedSetting{.batch = 32, .callers = all}}) {
    rules.fixed = setting;
    best = std::max(best, OutcomeOf(traffic, rules).goodput());
  }
  return best;
}

TEST(SimulatedServer, IsAsGoodAsFixedSettingsWhenTheLoadBurstsOrDrifts) {
  for (const Short& one : kShort) {
    const MeasuredModel model = Measured(one.name);
    const Rules rules{.processors = model.processors, .length = one.length, .measured_from = one.length / 4};
    for (const bool bursts : {true, false}) {
      const Rate rate = bursts ? Bursts(0.3 * model.peak) : Drifting(0.7 * model.peak);
      const Traffic traffic{.name = one.name,
                            .curve = model.curve,
                            .goal = {.quantile = 0.99, .latency = model.goal},
                            .rate = Faster(rate, one.pace)};
      const Outcome ours = OutcomeOf(traffic, rules);
      EXPECT_GT(ours.goodput(), 0.95 * BestOfAFew(traffic, rules)) << one.name << (bursts ? " bursts" : " drifts");
      EXPECT_LT(Late(ours), 0.01) << one.name << (bursts ? " bursts" : " drifts");
    }
  }
}

// Each has the same load; 0.5 is more than all can have together.
TEST(SimulatedServer, KeepsTheGoalsOfThreeUnlikeModelsTogether) {
  for (const double load : {0.2, 0.3, 0.5}) {
    std::vector<Traffic> traffic;
    std::vector<double> peaks;
    for (const std::string name : {"MobileNetV3, CPU", "ParticleNet, CPU", "ResNet50, CPU"}) {
      const MeasuredModel model = Measured(name);
      peaks.push_back(model.peak);
      traffic.push_back({.name = name,
                         .curve = model.curve,
                         .goal = {.quantile = 0.99, .latency = model.goal},
                         .rate = Steady(load * model.peak)});
    }
    const std::vector<Outcome> outcomes = Simulate(traffic, {.length = seconds(60), .measured_from = seconds(15)});
    double asked = 0;  // of all there is
    double done = 0;
    for (size_t i = 0; i < outcomes.size(); ++i) {
      EXPECT_LT(Late(outcomes[i]), 0.01) << traffic[i].name << " " << load;
      asked += static_cast<double>(outcomes[i].arrived) / peaks[i];
      done += static_cast<double>(outcomes[i].in_time) / peaks[i];
      const double share = static_cast<double>(outcomes[i].in_time) / static_cast<double>(outcomes[i].arrived);
      EXPECT_GT(share, 0.85 * std::min(1.0, 1 / (3 * load))) << traffic[i].name << " " << load;
    }
    EXPECT_GT(done, 0.95 * std::min(asked, asked / (3 * load))) << load;
  }
}

// All processors are tried now and then for one that is alone, to see how long that takes: every two seconds at most.
TEST(SimulatedServer, SwingsNoMoreOftenThanItLooks) {
  for (const double load : {0.3, 0.5, 0.7}) {
    const Outcome outcome = OutcomeOf(Evenly(Cpu(), load * kCpuPeak), kCpuRules);
    const double looks = outcome.seconds / 2;
    EXPECT_LE(static_cast<double>(outcome.swings), 2 * looks) << load;
  }
}

TEST(SimulatedServer, OutlivesAClockThatJumps) {
  for (const double load : {0.5, 2.0}) {
    for (const Duration jump : {Duration(seconds(600)), Duration(seconds(-600)), Duration(milliseconds(500))}) {
      const Rules rules{
          .processors = 2, .length = seconds(30), .measured_from = {}, .clock_error = [jump](Duration since) {
            if (since < seconds(8)) return Duration(0);
            return since < seconds(14) ? jump : -jump;
          }};
      const Outcome outcome = OutcomeOf(Evenly(Cpu(), load * kCpuPeak), rules);
      EXPECT_GT(outcome.goodput(), 0.95 * std::min(load, 1.0) * kCpuPeak) << load << " " << jump.count();
      EXPECT_LT(Late(outcome), 0.01) << load << " " << jump.count();
    }
  }
}

TEST(SimulatedServer, ServesRequestsOfWhichSomeTakeAHundredTimesAsLong) {
  for (const double load : {0.3, 0.7}) {
    Traffic traffic = Evenly(Cpu(), load * kCpuPeak / 37);
    traffic.widths = {1, 10, 100};  // 37 on average
    traffic.goal.latency = seconds(2);
    const Rules rules{.processors = 2, .length = seconds(400), .measured_from = seconds(100)};
    const Outcome outcome = OutcomeOf(traffic, rules);
    EXPECT_GT(outcome.goodput(), 0.95 * BestOfAFew(traffic, rules)) << load;
    EXPECT_LT(Late(outcome), 0.01) << load;
  }
}

TEST(SimulatedServer, GivesTheSameForTheSameSeed) {
  const Traffic traffic = Evenly(Cpu(), kCpuPeak);
  Rules rules{.processors = 2, .length = seconds(10), .measured_from = seconds(1)};
  EXPECT_EQ(OutcomeOf(traffic, rules).in_time, OutcomeOf(traffic, rules).in_time);
  rules.seed = 2;
  const Traffic other = traffic;
  EXPECT_NE(OutcomeOf(other, rules).arrived, 0U);
}

}  // namespace
}  // namespace trireme::simulation
