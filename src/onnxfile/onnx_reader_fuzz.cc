// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "onnxfile/onnx_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  trireme::onnxfile::LooksLikeModel(bytes, size);
  const auto summary = trireme::onnxfile::ReadModelSummary(bytes);
  CHECK(summary.ok() || summary.status().code() == trireme::StatusCode::kInvalidArgument);
  trireme::onnxfile::LooksLikeModel(bytes.substr(0, size / 2), size);
  return 0;
}
