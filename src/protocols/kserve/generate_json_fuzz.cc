// SPDX-License-Identifier: Apache-2.0
// Reads any bytes as a generate request. What is accepted is whole: shapes as the model's, and as many bytes as they
// need.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "protocols/kserve/generate_json.h"
#include "wire/kserve/json_data.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using trireme::DataType;
  using trireme::Shape;
  static const trireme::Signature signature{
      .inputs = {{.name = "text", .type = DataType::kBytes, .shape = {Shape::kAny, 1}},
                 {.name = "n", .type = DataType::kInt8, .shape = {Shape::kAny, Shape::kAny}},
                 {.name = "scale", .type = DataType::kFp32, .shape = {Shape::kAny, 2}},
                 {.name = "half", .type = DataType::kFp16, .shape = {2}},
                 {.name = "on", .type = DataType::kBool, .shape = {1}}},
      .outputs = {}};
  static trireme::MemoryPool pool;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto request = trireme::kserve::DecodeGenerateRequest(text, signature, pool);
  if (!request.ok()) {
    CHECK(!request.status().message().empty());
    return 0;
  }
  CHECK(request->inputs.size() <= signature.inputs.size());
  for (const trireme::NamedTensor& input : request->inputs) {
    const int index = trireme::FindSpec(signature.inputs, input.name);
    CHECK(index >= 0);
    const trireme::TensorSpec& spec = signature.inputs[static_cast<size_t>(index)];
    CHECK(input.tensor.type == spec.type && spec.shape.Accepts(input.tensor.shape));
    CHECK(trireme::kserve::CheckWhole(input.tensor).ok());
  }
  return 0;
}
