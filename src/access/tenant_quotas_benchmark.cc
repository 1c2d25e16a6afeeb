// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include "access/tenant_quotas.h"

namespace trireme {
namespace {

TenantQuotas& Quotas() {
  static TenantQuotas quotas({{"shop", {.requests_per_second = 1e9, .processors = {}}},
                              {"barred", {.requests_per_second = 0, .processors = {}}},
                              {"*", {.requests_per_second = 1e9, .processors = {}}}});
  return quotas;
}

void TakeWithinQuota(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(Quotas().Take("shop"));
}
BENCHMARK(TakeWithinQuota)->Threads(1)->Threads(2);

void TakeOfAnyTenant(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(Quotas().Take("somebody"));
}
BENCHMARK(TakeOfAnyTenant)->Threads(1)->Threads(2);

void RefuseOverQuota(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(Quotas().Look("barred"));
}
BENCHMARK(RefuseOverQuota);

}  // namespace
}  // namespace trireme
