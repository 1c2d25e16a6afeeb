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

#include "scheduler/testing/simulated_server.h"

namespace trireme::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Duration Ms(double ms) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::milli>(ms));
}

struct Case {
  std::string name;
  RunTimeCurve curve;
  int processors = 2;
  Duration goal{milliseconds(100)};
  double peak = 0;  // rows a second
};

// On a processor a row costs the same in any batch; on both processors a run is shorter, and wastes some of them.
Case Cpu(const std::string& name, double narrow_ms, double wide_ms, double goal_ms, double call_ms = 0.02) {
  Case made;
  made.name = name + ", CPU";
  made.curve.narrow = [=](int64_t rows) { return Ms(call_ms + narrow_ms * static_cast<double>(rows)); };
  made.curve.wide = [=](int64_t rows) { return Ms(call_ms + wide_ms * static_cast<double>(rows)); };
  made.goal = Ms(goal_ms);
  made.peak = 2 * 1000 * 32 / (call_ms + narrow_ms * 32);
  return made;
}

// Flat to a batch of 32, as a GPU that one row does not fill.
Case Gpu(const std::string& name, double one_ms, double goal_ms) {
  Case made;
  made.name = name + ", GPU";
  made.processors = 1;
  made.curve.narrow = [=](int64_t rows) { return Ms(one_ms * (1 + 0.006 * static_cast<double>(rows - 1))); };
  made.goal = Ms(goal_ms);
  made.peak = 1000 * 32 / (one_ms * (1 + 0.006 * 31));
  return made;
}

Case Varying(Case made, double by) {
  made.curve.vary = by;
  return made;
}

std::vector<Case> Cases() {
  return {Cpu("tiny", 0.02, 0.02, 100),
          Cpu("MobileNetV3", 6.7, 4.3, 100),
          Cpu("ParticleNet", 10.1, 6.6, 100),
          Cpu("ResNet50", 78, 43, 400),
          Cpu("BERT-base 128", 244, 132, 1000),
          Varying(Cpu("detector", 300, 170, 3000), 3),
          Gpu("MobileNetV3", 1.2, 100),
          Gpu("ParticleNet", 2, 100),
          Gpu("ResNet50", 3, 100),
          Gpu("BERT-base 128", 6, 100),
          Gpu("tiny", 0.1, 100),
          Varying(Gpu("detector", 25, 200), 3),
          Gpu("ResNet50 tight", 10, 25)};
}

struct Load {
  std::string name;
  double factor = 1;  // of the peak
  int kind = 0;
};

Rate RateOf(const Load& load, double peak) {
  const double rate = load.factor * peak;
  switch (load.kind) {
    case 1:  // ten times as many for ten seconds of each minute
      return [=](Duration since) {
        const double t = std::chrono::duration<double>(since).count();
        return std::fmod(t, 60) >= 50 ? rate * 10 : rate;
      };
    case 2:  // up and down within two minutes
      return [=](Duration since) {
        const double t = std::chrono::duration<double>(since).count();
        return rate * (1 + 0.8 * std::sin(t / 120 * 2 * 3.14159265));
      };
    default:
      return [=](Duration) { return rate; };
  }
}

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

const std::vector<Load> kLoads = {
    {"steady, 0.3 of the peak", 0.3}, {"steady, 0.9", 0.9},     {"steady, 1.0", 1.0}, {"steady, 2.0", 2.0},
    {"bursts of 10x, 0.3", 0.3, 1},   {"drifting, 0.7", 0.7, 2}};

// How long a simulated load is. Where events are many, seconds stand for minutes.
struct Span {
  Duration length, measured_from;
  int pace;  // of changes of the rate
};

Span SpanOf(const Case& one, bool quick) {
  if (one.peak > 20'000) return {seconds(6), seconds(3), 40};
  if (one.peak > 2000 || quick) return {seconds(20), seconds(10), 12};
  return {seconds(240), seconds(120), 1};
}

// The ratio, for the smallest of all.
double PrintRow(const Case& one, const Load& load, bool quick) {
  const Span span = SpanOf(one, quick);
  const Rules rules{.processors = one.processors, .length = span.length, .measured_from = span.measured_from};
  const Traffic traffic{
      .name = one.name,
      .curve = one.curve,
      .goal = {.quantile = 0.99, .latency = one.goal},
      .rate = [rate = RateOf(load, one.peak), pace = span.pace](Duration since) { return rate(since * pace); }};
  const Outcome ours = Simulate({traffic}, rules)[0];
  const Best best = BestFixed(traffic, rules);
  Rules fcfs = rules;
  fcfs.fixed = FixedSetting{.callers = one.processors};
  const Outcome first = Simulate({traffic}, fcfs)[0];
  const double ratio = best.outcome.goodput() > 0 ? ours.goodput() / best.outcome.goodput() : 1;
  std::printf("| %s | %s | %.4g | %.4g (%s) | %.2f | %.4g | %.2f %% | %.3g ms | %.0f %% |\n", one.name.c_str(),
              load.name.c_str(), ours.goodput(), best.outcome.goodput(),
              best.outcome.goodput() > 0 ? Describe(best.setting).c_str() : "none", ratio, first.goodput(),
              100 * LateShare(ours), InMs(ours.p99), 100 * ours.error_p90);
  std::fflush(stdout);
  return ratio;
}

int Run(std::string_view only, bool quick) {
  std::printf(
      "| model | load | goodput/s | best fixed/s (batch/delay/callers x threads) | ratio | first come/s | late runs | "
      "p99 | "
      "error of nine in ten |\n|---|---|---|---|---|---|---|---|---|\n");
  double worst = 1e9;
  for (const Case& one : Cases()) {
    if (one.name.find(only) == std::string::npos) continue;
    for (const Load& load : kLoads) worst = std::min(worst, PrintRow(one, load, quick));
  }
  std::printf("\nThe smallest ratio is %.3f.\n", worst);
  return 0;
}

}  // namespace
}  // namespace trireme::simulation

// simulate_schedule [--quick] [MODEL]: of models whose names have this in them.
int main(int argc, char** argv) {
  const bool quick = argc > 1 && std::string_view(argv[1]) == "--quick";
  const int next = quick ? 2 : 1;
  return trireme::simulation::Run(argc > next ? argv[next] : "", quick);
}
