// SPDX-License-Identifier: Apache-2.0
// The scheduler against every fixed setting, on run times as they were measured and on those of a GPU, without a wall
// clock: ./dev bench schedule.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/testing/measured_models.h"
#include "scheduler/testing/simulated_server.h"

namespace trireme::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Load {
  std::string name;
  double factor = 1;  // of the peak
  Rate (*rate)(double) = Steady;
};

std::string Describe(const FixedSetting& setting) {
  return std::to_string(setting.batch) + "/" +
         std::to_string(std::chrono::duration_cast<milliseconds>(setting.delay).count()) + "ms/" +
         std::to_string(setting.callers) + "x" + std::to_string(setting.threads);
}

struct Best {
  Outcome outcome;
  FixedSetting setting;
};

Best BestFixed(const Traffic& traffic, Rules rules) {
  Best best;
  for (int64_t batch = 1; batch <= 32; batch *= 2) {
    for (const int delay : {0, 1, 5, 20}) {
      for (const int callers : {1, 2}) {
        for (const int threads : {1, 2}) {
          if (threads > rules.processors) continue;
          if (batch == 1 && delay > 0) continue;
          rules.fixed =
              FixedSetting{.batch = batch, .delay = milliseconds(delay), .callers = callers, .threads = threads};
          const Outcome outcome = Simulate({traffic}, rules)[0];
          if (outcome.goodput() > best.outcome.goodput()) best = {outcome, *rules.fixed};
        }
      }
    }
  }
  return best;
}

double InMs(Duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

double LateShare(const Outcome& outcome) {
  const uint64_t run = outcome.late + outcome.in_time;
  return run == 0 ? 0 : static_cast<double>(outcome.late) / static_cast<double>(run);
}

const std::vector<Load> kLoads = {{"steady, 0.3 of the peak", 0.3},
                                  {"steady, 0.9", 0.9},
                                  {"steady, 1.0", 1.0},
                                  {"steady, 2.0", 2.0},
                                  {"bursts of 10x, 0.3", 0.3, Bursts},
                                  {"drifting, 0.7", 0.7, Drifting}};

// How long a simulated load is. Where events are many, seconds stand for minutes.
struct Span {
  Duration length, measured_from;
  int pace;  // of changes of the rate
};

Span SpanOf(const MeasuredModel& one, bool quick) {
  if (one.peak > 20'000) return {seconds(6), seconds(3), 40};
  if (one.peak > 2000 || quick) return {seconds(20), seconds(10), 12};
  return {seconds(240), seconds(120), 1};
}

// What has to hold: ours is nearly as good as the best that can be set, and no worse than nothing set where batches
// pay.
constexpr double kLeastRatio = 0.95;

// Of a share of counts that come at random: two standard deviations.
double Noise(const Outcome& a, const Outcome& b) {
  const auto part = [](const Outcome& outcome) {
    return 1 / static_cast<double>(std::max<uint64_t>(1, outcome.in_time));
  };
  return 2 * std::sqrt(part(a) + part(b));
}

struct Verdict {
  double ratio = 1;  // to the best fixed setting
  bool is_good = true;
};

Verdict PrintRow(const MeasuredModel& one, const Load& load, bool quick) {
  const Span span = SpanOf(one, quick);
  const Rules rules{.processors = one.processors, .length = span.length, .measured_from = span.measured_from};
  const Traffic traffic{.name = one.name,
                        .curve = one.curve,
                        .goal = {.quantile = 0.99, .latency = one.goal},
                        .rate = Faster(load.rate(load.factor * one.peak), span.pace)};
  const Outcome ours = Simulate({traffic}, rules)[0];
  const Best best = BestFixed(traffic, rules);
  Rules fcfs = rules;
  fcfs.fixed = FixedSetting{.callers = one.processors};
  const Outcome first = Simulate({traffic}, fcfs)[0];
  const double ratio = best.outcome.goodput() > 0 ? ours.goodput() / best.outcome.goodput() : 1;
  const bool is_good = ratio >= kLeastRatio * (1 - Noise(ours, best.outcome));
  const bool loses = one.is_gpu && ours.goodput() < first.goodput() * (1 - Noise(ours, first));
  std::printf("| %s | %s | %.4g | %.4g (%s) | %.2f%s | %.4g%s | %.2f %% | %.3g ms | %.0f %% |\n", one.name.c_str(),
              load.name.c_str(), ours.goodput(), best.outcome.goodput(),
              best.outcome.goodput() > 0 ? Describe(best.setting).c_str() : "none", ratio, is_good ? "" : " (!)",
              first.goodput(), loses ? " (!)" : "", 100 * LateShare(ours), InMs(ours.p99), 100 * ours.error_p90);
  std::fflush(stdout);
  return {.ratio = ratio, .is_good = is_good && !loses};
}

int Run(std::string_view only, bool quick) {
  std::printf(
      "| model | load | goodput/s | best fixed/s (batch/delay/callers x threads) | ratio | first come/s | late runs | "
      "p99 | "
      "error of nine in ten |\n|---|---|---|---|---|---|---|---|---|\n");
  double worst = 1e9;
  int bad = 0;
  for (const MeasuredModel& one : MeasuredModels()) {
    if (one.name.find(only) == std::string::npos) continue;
    for (const Load& load : kLoads) {
      const Verdict verdict = PrintRow(one, load, quick);
      worst = std::min(worst, verdict.ratio);
      bad += verdict.is_good ? 0 : 1;
    }
  }
  std::printf("\nThe smallest ratio is %.3f.\n", worst);
  if (bad > 0) std::printf("%d worse (!) than they have to be: %.2f of the best fixed setting.\n", bad, kLeastRatio);
  return bad > 0 ? 1 : 0;
}

}  // namespace
}  // namespace trireme::simulation

// simulate_schedule [--quick] [MODEL]: of models whose names have this in them. Exits with 1 if the scheduler is
// clearly worse than what somebody could set by hand.
int main(int argc, char** argv) {
  const bool quick = argc > 1 && std::string_view(argv[1]) == "--quick";
  const int next = quick ? 2 : 1;
  return trireme::simulation::Run(argc > next ? argv[next] : "", quick);
}
