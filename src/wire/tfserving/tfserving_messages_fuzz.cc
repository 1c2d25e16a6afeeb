// SPDX-License-Identifier: Apache-2.0
// Reads any bytes as each message of TF Serving's services, and as its configuration files: an error or a valid
// request, whose tensors have the elements of their shapes.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "wire/kserve/json_data.h"
#include "wire/tfserving/config_files.h"
#include "wire/tfserving/descriptions.h"
#include "wire/tfserving/inference_proto.h"
#include "wire/tfserving/predict_proto.h"
#include "wire/tfserving/prediction_log.h"

namespace {

using namespace trireme;  // NOLINT: a program of its own

constexpr size_t kMostBytes = 1 << 20;

void TryPredict(std::span<const std::byte> bytes, MemoryPool& pool) {
  const auto kept = std::make_shared<const std::string>(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const std::span<const std::byte> copy = std::as_bytes(std::span(*kept));
  CHECK(tfserving::FindElements(copy) <= copy.size());
  (void)tfserving::IsLongToRead(copy);
  const auto request = tfserving::DecodePredictRequest(copy, kept, kMostBytes, pool);
  if (!request.ok()) return;
  InferResponse response{.model = {.name = request->spec.name, .version = 1}, .outputs = {}};
  for (const NamedTensor& input : request->inputs) {
    CHECK(kserve::CheckWhole(input.tensor).ok());
    response.outputs.push_back(input);
  }
  for (const auto encoding : {tfserving::TensorEncoding::kLists, tfserving::TensorEncoding::kContent}) {
    CHECK(tfserving::EncodePredictResponse(response, "s", encoding).ok());
  }
}

void TryExamples(const Result<tfserving::InferenceRequest>& request, MemoryPool& pool) {
  if (!request.ok()) return;
  const Signature signature{.inputs = {{.name = "x", .type = DataType::kFp32, .shape = {-1, -1}},
                                       {.name = "s", .type = DataType::kBytes, .shape = {-1}, .optional = true}},
                            .outputs = {}};
  const ExampleFeature parsed{.key = "y",
                              .input = "x",
                              .type = DataType::kFp32,
                              .shape = {2},
                              .default_elements = std::string(2 * sizeof(float), '\0')};
  for (const auto& features : {std::vector<ExampleFeature>(), std::vector<ExampleFeature>{parsed}}) {
    const auto inputs = tfserving::InputsOfExamples(request->examples, signature, features, kMostBytes, pool);
    if (!inputs.ok()) continue;
    for (const NamedTensor& input : *inputs) CHECK(kserve::CheckWhole(input.tensor).ok());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static MemoryPool pool;
  const std::span<const std::byte> bytes(reinterpret_cast<const std::byte*>(data), size);
  TryPredict(bytes, pool);
  TryExamples(tfserving::DecodeInferenceRequest(bytes, tfserving::ResultKind::kClassify), pool);
  TryExamples(tfserving::DecodeMultiInferenceRequest(bytes), pool);
  (void)tfserving::ReadSpec(bytes, tfserving::SpecPlace::kMessage);
  (void)tfserving::ReadSpec(bytes, tfserving::SpecPlace::kTask);
  (void)tfserving::DecodeStatusRequest(bytes);
  (void)tfserving::DecodeMetadataRequest(bytes);
  (void)tfserving::DecodeReloadRequest(bytes);
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto log = tfserving::DecodePredictionLog(text); log.ok()) CHECK(log->request.size() <= size);
  (void)tfserving::ParseModelServerConfig(text, "f");
  (void)tfserving::ParseBatching(text, "f");
  (void)tfserving::ParseMonitoring(text, "f");
  return 0;
}
