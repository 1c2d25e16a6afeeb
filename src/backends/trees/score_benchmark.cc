// SPDX-License-Identifier: Apache-2.0
// What a row costs by the shape of the forest, the width of its rows and the instruction set (0: scalar, 1: AVX2, 2:
// AVX-512), on one thread.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "backends/trees/scorer.h"
#include "backends/trees/testing/random_forest.h"

namespace trireme::trees {
namespace {

// The arguments: instruction set, rows of a batch.
void Score(benchmark::State& state, const RandomForestOptions& options, double missing) {
  const auto set = static_cast<InstructionSet>(state.range(0));
  if (!ParseInstructionSet(Name(set)).ok()) return state.SkipWithError("this processor has no such instructions");
  const auto rows = static_cast<size_t>(state.range(1));
  const Scorer scorer = Scorer::Make(RandomForest(options, 1), {.instruction_set = set}).value();
  // Others each time: one row again and again would teach the processor its way.
  const size_t count = std::max<size_t>(rows, 64);
  const std::vector<float> all = RandomRows(options.width, count, missing, 2);
  std::vector<float> scores(rows);
  size_t first = 0;
  for (auto _ : state) {
    scorer.Score(std::span(all).subspan(first * options.width, rows * options.width), {.scores = scores});
    first = (first + rows) % count;
    benchmark::DoNotOptimize(scores);
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * rows));
}

void Boosted(benchmark::State& state) {
  Score(state, {.trees = 500, .most_depth = 6, .width = static_cast<uint32_t>(state.range(2))}, 0);
}
BENCHMARK(Boosted)->ArgNames({"set", "rows", "width"})->ArgsProduct({{0, 1, 2}, {1, 1000}, {8, 28, 64, 128, 256}});

void Missing(benchmark::State& state) {
  Score(state, {.trees = 500, .most_depth = 6, .width = 28}, 0.1);
}
BENCHMARK(Missing)->ArgNames({"set", "rows"})->ArgsProduct({{0, 1, 2}, {1, 1000}});

void Ragged(benchmark::State& state) {
  Score(state, {.trees = 500, .most_depth = 11, .leaf_early = 0.3, .width = 28}, 0);
}
BENCHMARK(Ragged)->ArgNames({"set", "rows"})->ArgsProduct({{0, 1, 2}, {1, 1000}});

void Deep(benchmark::State& state) {
  Score(state, {.trees = 20, .most_depth = 15, .width = 28}, 0);
}
BENCHMARK(Deep)->ArgNames({"set", "rows"})->ArgsProduct({{0, 1, 2}, {1, 1000}});

}  // namespace
}  // namespace trireme::trees
