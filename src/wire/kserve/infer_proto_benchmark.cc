// SPDX-License-Identifier: Apache-2.0
// Infer messages of gRPC: a tiny request and an image of 150,528 floats, raw and as typed contents.
#include <benchmark/benchmark.h>

#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "base/check.h"
#include "proto/grpc_service.pb.h"
#include "wire/kserve/infer_proto.h"
#include "wire/kserve/testing/received_proto.h"

namespace trireme::kserve {
namespace {

constexpr int64_t kTiny = 16;
constexpr int64_t kImage = int64_t{3} * 224 * 224;

std::vector<float> Values(int64_t count) {
  std::vector<float> values(static_cast<size_t>(count));
  std::iota(values.begin(), values.end(), 0.5F);
  return values;
}

NamedTensor Floats(int64_t count) {
  const std::vector<float> values = Values(count);
  return {.name = "INPUT0",
          .tensor = {
              .type = DataType::kFp32, .shape = {1, count}, .data = Buffer::CopyOf(std::as_bytes(std::span(values)))}};
}

std::string Request(int64_t count) {
  GrpcInferRequest request{.model_name = "model", .model_version = {}, .message = {}};
  request.message.form.id = "42";
  request.message.inputs.push_back(Floats(count));
  return EncodeGrpcInferRequest(request).Joined();
}

std::string TypedRequest(int64_t count, DataType type) {
  inference::ModelInferRequest request;
  request.set_model_name("model");
  auto& input = *request.add_inputs();
  input.set_name("INPUT0");
  input.set_datatype(std::string(Name(type)));
  input.add_shape(count);
  for (int64_t i = 0; i < count; ++i) {
    if (type == DataType::kFp32) {
      input.mutable_contents()->add_fp32_contents(static_cast<float>(i));
    } else {
      input.mutable_contents()->add_int_contents(static_cast<int32_t>(i * 1001));
    }
  }
  return request.SerializeAsString();
}

void Decode(benchmark::State& state, const std::string& message) {
  MemoryPool pool;
  const ReceivedProto received = ReceivedMessage(message, FindRawContents(AsBytes(message)));
  for (auto _ : state) {
    const auto request = DecodeGrpcInferRequest(received.bytes, received.keep_alive, pool);
    CHECK(request.ok());
    benchmark::DoNotOptimize(request.value().message.inputs[0].tensor.data.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(message.size()));
}

void DecodeProtoRaw(benchmark::State& state) {
  Decode(state, Request(state.range(0)));
}
BENCHMARK(DecodeProtoRaw)->Arg(kTiny)->Arg(kImage);

void DecodeProtoTyped(benchmark::State& state, DataType type) {
  Decode(state, TypedRequest(state.range(0), type));
}
BENCHMARK_CAPTURE(DecodeProtoTyped, fp32, DataType::kFp32)->Arg(kTiny)->Arg(kImage);
BENCHMARK_CAPTURE(DecodeProtoTyped, int32, DataType::kInt32)->Arg(kTiny)->Arg(kImage);

// What the protobuf library takes for the same, without checks or tensors.
void DecodeProtoByLibrary(benchmark::State& state) {
  const std::string message = Request(state.range(0));
  for (auto _ : state) {
    inference::ModelInferRequest request;
    CHECK(request.ParseFromString(message));
    benchmark::DoNotOptimize(request.raw_input_contents(0).data());
  }
}
BENCHMARK(DecodeProtoByLibrary)->Arg(kTiny)->Arg(kImage);

void EncodeProto(benchmark::State& state) {
  const InferResponse response{.model = {.name = "model", .version = 1}, .outputs = {Floats(state.range(0))}};
  const GrpcResponseForm form{.id = "42", .outputs = {}, .final_response = {}};
  for (auto _ : state) {
    const auto message = EncodeGrpcInferResponse(response, form);
    CHECK(message.ok());
    benchmark::DoNotOptimize(message.value().text.data());
  }
}
BENCHMARK(EncodeProto)->Arg(kTiny)->Arg(kImage);

}  // namespace
}  // namespace trireme::kserve
