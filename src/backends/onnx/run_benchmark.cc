// SPDX-License-Identifier: Apache-2.0
// What a Run of ours costs above the runtime's own call. Run it from the build folder, where the runtime's library
// lies.
#include <benchmark/benchmark.h>

#include <array>
#include <filesystem>
#include <memory>
#include <vector>

#include "backends/onnx/onnx_backend.h"
#include "backends/onnx/ort_error.h"
#include "backends/onnx/runtime.h"
#include "base/check.h"
#include "base/log.h"
#include "base/memory_pool.h"
#include "onnxfile/testing/test_models.h"

namespace trireme::onnx {
namespace {

std::filesystem::path ThisFolder() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path();
}

void OurRun(benchmark::State& state) {
  MemoryPool pool;
  const Logger log(2, Logger::Form::kText, LogLevel::kError);
  auto backend = CreateBackend({pool, log, ThisFolder()}).value();
  const OnnxModelBytes bytes{onnxfile::AddModel()};
  const Opened opened = backend->Open({.path = "add.onnx", .onnx = &bytes}, {}).value();
  OpenModel& model = *std::get<std::unique_ptr<OpenModel>>(opened);
  const std::vector<Tensor> inputs = {MakeTensor(pool, DataType::kFp32, {1, 16})};
  const int wanted[] = {0};
  for (auto _ : state) {
    auto outputs = model.Run(inputs, wanted, {});
    CHECK(outputs.ok());
    benchmark::DoNotOptimize(outputs);
  }
}
BENCHMARK(OurRun)->MinTime(1);

// The least that the C API allows for the same work.
void BareRun(benchmark::State& state) {
  MemoryPool pool;
  const Logger log(2, Logger::Form::kText, LogLevel::kError);
  const auto runtime = Runtime::Open(ThisFolder(), log, pool).value();
  const OrtApi& api = runtime->api();
  const std::string bytes = onnxfile::AddModel();
  OrtSessionOptions* options = nullptr;
  CHECK(ToStatus(api, api.CreateSessionOptions(&options)).ok());
  CHECK(ToStatus(api, api.SetIntraOpNumThreads(options, 1)).ok());
  OrtSession* session = nullptr;
  CHECK(ToStatus(api, api.CreateSessionFromArray(runtime->env(), bytes.data(), bytes.size(), options, &session)).ok());
  std::array<float, 16> elements = {};
  const int64_t shape[] = {1, 16};
  const char* input_name = "INPUT0";
  const char* output_name = "OUTPUT0";
  for (auto _ : state) {
    OrtValue* input = nullptr;
    OrtValue* output = nullptr;
    CHECK(api.CreateTensorWithDataAsOrtValue(runtime->cpu(), elements.data(), sizeof(elements), shape, 2,
                                             ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, &input) == nullptr);
    CHECK(api.Run(session, nullptr, &input_name, &input, 1, &output_name, 1, &output) == nullptr);
    api.ReleaseValue(output);
    api.ReleaseValue(input);
  }
  api.ReleaseSession(session);
  api.ReleaseSessionOptions(options);
}
BENCHMARK(BareRun)->MinTime(1);

}  // namespace
}  // namespace trireme::onnx
