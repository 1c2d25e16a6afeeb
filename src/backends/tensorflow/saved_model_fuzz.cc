// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "backends/tensorflow/converter.h"
#include "backends/tensorflow/saved_model.h"
#include "backends/tensorflow/tensor_bundle.h"
#include "base/check.h"
#include "onnxfile/onnx_reader.h"
#include "onnxfile/onnx_writer.h"

// Whatever a saved_model.pb is, each of its signatures is refused or becomes a graph that is ONNX.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace trireme;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Result<tensorflow::MetaGraph> meta = tensorflow::ReadSavedModel(bytes, {});
  if (!meta.ok()) return 0;
  static const tensorflow::TensorBundle variables = tensorflow::TensorBundle::Open("/nonexistent").value();
  for (const auto& [name, signature] : meta->signatures) {
    const Result<tensorflow::Converted> converted = tensorflow::ConvertSignature(*meta, variables, {.signature = name});
    if (!converted.ok()) continue;
    CHECK(onnxfile::ReadModelSummary(onnxfile::Serialize(converted->model)).ok());
  }
  return 0;
}
