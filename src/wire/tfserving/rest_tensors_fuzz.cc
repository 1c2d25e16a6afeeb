// SPDX-License-Identifier: Apache-2.0
// Reads any text as the body of a predict, classify or regress request: what is read has the elements of its shape, and
// can be written.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "wire/kserve/json_data.h"
#include "wire/tfserving/examples_json.h"
#include "wire/tfserving/predict_json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace trireme;  // NOLINT: a program of its own
  if (size == 0) return 0;
  static MemoryPool pool;
  const auto type = static_cast<DataType>(data[0] % 14);
  Signature signature{.inputs = {{.name = "x", .type = type, .shape = {-1, -1}}}, .outputs = {}};
  if (data[0] >= 128)
    signature.inputs.push_back({.name = "y", .type = DataType::kFp32, .shape = {-1}, .optional = true});
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::string named = tfserving::SignatureNameIn(text);
  const auto body = tfserving::DecodePredict(text, signature, pool);
  if (body.ok()) {
    CHECK(named.empty() || named == body->signature_name);
    for (const NamedTensor& input : body->inputs) CHECK(kserve::CheckWhole(input.tensor).ok());
    const auto written = tfserving::EncodePredictions(body->inputs, body->form);
    CHECK(written.ok() || written.status().code() == StatusCode::kInvalidArgument);
  } else {
    CHECK(body.status().code() == StatusCode::kInvalidArgument);
  }
  const auto examples = tfserving::DecodeExamples(text, "classify");
  if (!examples.ok()) return 0;
  const auto inputs = tfserving::InputsOfExamples(examples->views(), signature, {}, 1 << 20, pool);
  if (!inputs.ok()) return 0;
  for (const NamedTensor& input : *inputs) CHECK(kserve::CheckWhole(input.tensor).ok());
  return 0;
}
