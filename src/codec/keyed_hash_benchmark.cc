// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <array>
#include <span>
#include <string>

#include "codec/keyed_hash.h"

namespace trireme {
namespace {

// What looking for an answer costs: a short request, a picture's tensor, a batch of them.
void HashOfBytes(benchmark::State& state) {
  const KeyedHash hash;
  const std::string text(static_cast<size_t>(state.range(0)), 'x');
  const std::array pieces = {std::as_bytes(std::span(text))};
  for (auto _ : state) benchmark::DoNotOptimize(hash.Of(pieces));
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations()) * state.range(0));
}
BENCHMARK(HashOfBytes)->Arg(64)->Arg(4096)->Arg(602'112)->Arg(8 << 20);

}  // namespace
}  // namespace trireme
