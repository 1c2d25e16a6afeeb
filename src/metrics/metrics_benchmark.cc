// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include "metrics/stages.h"

namespace trireme::metrics {
namespace {

void CounterAdd(benchmark::State& state) {
  static Counter counter;
  for (auto _ : state) counter.Add();
}
BENCHMARK(CounterAdd)->Threads(1)->Threads(2)->Threads(8);

void HistogramObserve(benchmark::State& state) {
  static Histogram histogram(Buckets::Counts({1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000}));
  int64_t value = 0;
  for (auto _ : state) histogram.Observe(value = (value * 5 + 3) & 4095);
}
BENCHMARK(HistogramObserve)->Threads(1)->Threads(2)->Threads(8);

void ExposeHundredModels(benchmark::State& state) {
  Registry registry;
  std::vector<std::unique_ptr<RequestMetrics>> models;
  for (int i = 0; i < 100; ++i) models.push_back(std::make_unique<RequestMetrics>(registry, std::to_string(i), "1"));
  for (auto _ : state) benchmark::DoNotOptimize(registry.Expose());
}
BENCHMARK(ExposeHundredModels);

}  // namespace
}  // namespace trireme::metrics
