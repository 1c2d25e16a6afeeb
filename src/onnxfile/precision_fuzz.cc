// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/check.h"
#include "onnxfile/onnx_reader.h"
#include "onnxfile/precision.h"

namespace {

using trireme::StatusCode;
using trireme::onnxfile::LoweringOptions;
using trireme::onnxfile::Precision;

constexpr uint64_t kMostData = 1 << 20;

bool HasMuchData(const trireme::onnxfile::ModelSummary& summary) {
  uint64_t bytes = 0;
  for (const auto& tensor : summary.external_tensors) {
    if (tensor.bytes > kMostData || (bytes += tensor.bytes) > kMostData) return true;
  }
  return false;
}

// Whatever is a model still is one, in whatever precision, that asks for no other file.
void Lower(std::string_view model, const LoweringOptions& options) {
  const auto lowered = trireme::onnxfile::LowerPrecision(model, options, [](const auto&, std::span<char> to) {
    std::ranges::fill(to, '\x3c');
    return trireme::Status();
  });
  if (!lowered.ok()) {
    const StatusCode code = lowered.status().code();
    CHECK(code == StatusCode::kInvalidArgument || code == StatusCode::kTooLarge);
    return;
  }
  CHECK(lowered->report.changed_nodes() > 0);
  const auto again = trireme::onnxfile::ReadModelSummary(lowered->bytes);
  CHECK(again.ok());
  for (const auto& tensor : again->external_tensors) CHECK(!tensor.in_use);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view model(reinterpret_cast<const char*>(data), size);
  const auto summary = trireme::onnxfile::ReadModelSummary(model);
  if (!summary.ok() || HasMuchData(*summary)) return 0;
  Lower(model, {.precision = Precision::kInt8, .convolutions = true});
  Lower(model, {.precision = Precision::kInt8, .reduced_range = true});
  Lower(model, {.precision = Precision::kFp16});
  return 0;
}
