// SPDX-License-Identifier: Apache-2.0
// Infer messages: a tiny request and an image of 150,528 floats, as JSON and in binary form.
#include <benchmark/benchmark.h>

#include <random>
#include <span>
#include <string>
#include <vector>

#include "base/check.h"
#include "codec/json_writer.h"
#include "wire/kserve/infer_request_message.h"
#include "wire/kserve/infer_response_message.h"
#include "wire/kserve/testing/received.h"

namespace trireme::kserve {
namespace {

constexpr int64_t kTiny = 16;
constexpr int64_t kImage = int64_t{3} * 224 * 224;

NamedTensor Floats(int64_t count) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> uniform(-2, 2);
  std::vector<float> values(static_cast<size_t>(count));
  for (float& value : values) value = uniform(random);
  return {.name = "x",
          .tensor = {.type = DataType::kFp32,
                     .shape = {1, count},
                     .data = Buffer::CopyOf(std::as_bytes(std::span<const float>(values)))}};
}

EncodedBody Request(int64_t count, InputForm form) {
  InferRequestMessage message;
  message.form.id = "42";
  message.inputs.push_back(Floats(count));
  return EncodeInferRequest(message, form).value();
}

void DecodeRequest(benchmark::State& state, InputForm form) {
  MemoryPool pool;
  const ReceivedBody body = Received(Request(state.range(0), form));
  for (auto _ : state) {
    const auto message = DecodeInferRequest(body, pool);
    CHECK(message.ok());
    benchmark::DoNotOptimize(message.value().inputs[0].tensor.data.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(body.bytes.size()));
}
BENCHMARK_CAPTURE(DecodeRequest, json, InputForm::kJson)->Arg(kTiny)->Arg(kImage);
BENCHMARK_CAPTURE(DecodeRequest, binary, InputForm::kBinary)->Arg(kTiny)->Arg(kImage);

void EncodeResponse(benchmark::State& state, bool binary) {
  InferResponse response{.model = {.name = "m", .version = 1}, .outputs = {Floats(state.range(0))}, .parameters = {}};
  const ResponseForm form{.id = "42", .outputs = {}, .binary_data_output = binary};
  for (auto _ : state) {
    const auto body = EncodeInferResponse(response, form);
    CHECK(body.ok());
    benchmark::DoNotOptimize(body.value().json.data());
  }
}
BENCHMARK_CAPTURE(EncodeResponse, json, false)->Arg(kTiny)->Arg(kImage);
BENCHMARK_CAPTURE(EncodeResponse, binary, true)->Arg(kTiny)->Arg(kImage);

// The target: an image in and out.
void DecodeAndEncodeJson(benchmark::State& state) {
  MemoryPool pool;
  const ReceivedBody body = Received(Request(kImage, InputForm::kJson));
  for (auto _ : state) {
    auto message = DecodeInferRequest(body, pool);
    CHECK(message.ok());
    const InferResponse response{
        .model = {.name = "m", .version = 1}, .outputs = std::move(message.value().inputs), .parameters = {}};
    const auto answer = EncodeInferResponse(response, message.value().form);
    CHECK(answer.ok());
    benchmark::DoNotOptimize(answer.value().json.data());
  }
}
BENCHMARK(DecodeAndEncodeJson)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace trireme::kserve
