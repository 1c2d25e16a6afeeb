// SPDX-License-Identifier: Apache-2.0
// TF Serving's JSON beside that of V2, for an image of 150,528 floats and for 1,000 small rows.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "base/check.h"
#include "wire/kserve/json_data.h"
#include "wire/tfserving/predict_json.h"

namespace trireme::tfserving {
namespace {

constexpr int64_t kImage = 3 * 224 * 224;
constexpr int64_t kRows = 1000;
constexpr int64_t kRowElements = 16;

std::vector<float> Values(int64_t count) {
  std::vector<float> values;
  uint32_t state = 1;
  for (int64_t i = 0; i < count; ++i) {
    state = state * 1664525 + 1013904223;
    values.push_back(static_cast<float>(state) * 0x1p-31F - 1);
  }
  return values;
}

Tensor Floats(const Shape& shape) {
  const std::vector<float> values = Values(*shape.ElementCount());
  return {.type = DataType::kFp32, .shape = shape, .data = Buffer::CopyOf(std::as_bytes(std::span(values)))};
}

std::string V2Text(const Tensor& tensor) {
  std::string text;
  CHECK(kserve::AppendJsonData(text, tensor).ok());
  return text;
}

// With the shortest texts of the numbers, as clients write them.
std::string RowsText(const Shape& shape) {
  const int64_t rows = shape[0];
  const int64_t elements = *shape.ElementCount() / rows;
  const Tensor whole = Floats(shape);
  std::string text = R"({"instances": [)";
  for (int64_t row = 0; row < rows; ++row) {
    const size_t bytes = static_cast<size_t>(elements) * sizeof(float);
    text += (row > 0 ? ", " : "") + V2Text({.type = DataType::kFp32,
                                            .shape = {elements},
                                            .data = whole.data.Slice(static_cast<size_t>(row) * bytes, bytes)});
  }
  return text + "]}";
}

void ReadPredict(benchmark::State& state, const Shape& shape) {
  MemoryPool pool;
  const std::string text = RowsText(shape);
  const Signature signature{.inputs = {{.name = "x", .shape = {-1, shape[1]}}}, .outputs = {}};
  for (auto _ : state) CHECK(DecodePredict(text, signature, pool).ok());
}

void ReadV2(benchmark::State& state, const Shape& shape) {
  MemoryPool pool;
  const std::string text = V2Text(Floats(shape));
  for (auto _ : state) {
    JsonCursor json(text);
    CHECK(kserve::ReadJsonData(json, DataType::kFp32, shape, pool).ok());
  }
}

void WritePredict(benchmark::State& state, const Shape& shape) {
  const std::vector<NamedTensor> outputs = {{"y", Floats(shape)}};
  for (auto _ : state) CHECK(EncodePredictions(outputs, PredictForm::kRows).ok());
}

void WriteV2(benchmark::State& state, const Shape& shape) {
  const Tensor tensor = Floats(shape);
  for (auto _ : state) benchmark::DoNotOptimize(V2Text(tensor));
}

BENCHMARK_CAPTURE(ReadPredict, image, Shape({1, kImage}));
BENCHMARK_CAPTURE(ReadV2, image, Shape({1, kImage}));
BENCHMARK_CAPTURE(ReadPredict, rows, Shape({kRows, kRowElements}));
BENCHMARK_CAPTURE(ReadV2, rows, Shape({kRows, kRowElements}));
BENCHMARK_CAPTURE(WritePredict, image, Shape({1, kImage}));
BENCHMARK_CAPTURE(WriteV2, image, Shape({1, kImage}));
BENCHMARK_CAPTURE(WritePredict, rows, Shape({kRows, kRowElements}));
BENCHMARK_CAPTURE(WriteV2, rows, Shape({kRows, kRowElements}));

}  // namespace
}  // namespace trireme::tfserving
