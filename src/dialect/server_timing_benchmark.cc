// SPDX-License-Identifier: Apache-2.0
// What the header with a request's stages costs: once for each answered inference.
#include <benchmark/benchmark.h>

#include "dialect/server_timing.h"

namespace trireme {
namespace {

void ServerTimingHeader(benchmark::State& state) {
  using std::chrono::microseconds;
  const TimePoint start{std::chrono::hours(1)};
  const Stages stages{.received = start,
                      .queued = start + microseconds(4),
                      .taken = start + microseconds(124),
                      .run_begin = start + microseconds(125),
                      .run_end = start + microseconds(12'159),
                      .answered = start + microseconds(12'160)};
  for (auto _ : state) benchmark::DoNotOptimize(ServerTiming({}, stages, start + microseconds(12'200)));
}
BENCHMARK(ServerTimingHeader);

}  // namespace
}  // namespace trireme
