// SPDX-License-Identifier: Apache-2.0
// An image of 150,528 floats as JSON, in and out.
#include <benchmark/benchmark.h>

#include <random>
#include <span>
#include <string>
#include <vector>

#include "base/check.h"
#include "codec/json_cursor.h"
#include "codec/json_writer.h"

namespace trireme {
namespace {

constexpr size_t kCount = size_t{3} * 224 * 224;

std::vector<float> Pixels() {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> uniform(-2, 2);
  std::vector<float> values(kCount);
  for (float& value : values) value = uniform(random);
  return values;
}

// As a compact writer, as Python's json.dumps, and as json.dumps of floats that were widened to double first.
enum class Style { kCompact, kBlanks, kWidened };

std::string Written(Style style) {
  std::string text = "[";
  for (const float value : Pixels()) {
    if (style == Style::kWidened) {
      AppendJsonNumber(text, double{value});
    } else {
      AppendJsonNumber(text, value);
    }
    text += style == Style::kCompact ? "," : ", ";
  }
  text.erase(text.rfind(','));
  return text + "]";
}

void ReadFloats(benchmark::State& state, Style style) {
  const std::string text = Written(style);
  std::vector<float> values(kCount);
  for (auto _ : state) {
    JsonCursor json(text);
    CHECK(json.EnterArray());
    CHECK(json.ReadNumbers<float>(values) == kCount);
    benchmark::DoNotOptimize(values.data());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kCount));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(text.size()));
}
BENCHMARK_CAPTURE(ReadFloats, compact, Style::kCompact)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(ReadFloats, blanks, Style::kBlanks)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(ReadFloats, widened, Style::kWidened)->Unit(benchmark::kMillisecond);

void SkipFloats(benchmark::State& state) {
  const std::string text = Written(Style::kBlanks);
  for (auto _ : state) {
    JsonCursor json(text);
    CHECK(json.Skip());
  }
}
BENCHMARK(SkipFloats)->Unit(benchmark::kMillisecond);

void ReadBytes(benchmark::State& state) {
  std::string text = "[";
  for (size_t i = 0; i < kCount; ++i) text += std::to_string(i % 256) + ", ";
  text.replace(text.size() - 2, 2, "]");
  std::vector<uint8_t> values(kCount);
  for (auto _ : state) {
    JsonCursor json(text);
    CHECK(json.EnterArray());
    CHECK(json.ReadNumbers<uint8_t>(values) == kCount);
  }
}
BENCHMARK(ReadBytes)->Unit(benchmark::kMillisecond);

void WriteFloats(benchmark::State& state) {
  const std::vector<float> values = Pixels();
  for (auto _ : state) {
    std::string text;
    text.reserve(values.size() * 12);
    AppendJsonNumbers(text, std::span<const float>(values));
    benchmark::DoNotOptimize(text.data());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kCount));
}
BENCHMARK(WriteFloats)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace trireme
