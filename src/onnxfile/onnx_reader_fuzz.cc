// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/check.h"
#include "onnxfile/data_embedder.h"
#include "onnxfile/onnx_reader.h"
#include "onnxfile/weights.h"

namespace {

// Whatever is a model still is one with its data in it, and then asks for no other file.
void Embed(std::string_view model, const trireme::onnxfile::ModelSummary& summary) {
  uint64_t data_bytes = 0;
  for (const auto& tensor : summary.external_tensors) {
    if (tensor.bytes > 1 << 20 || (data_bytes += tensor.bytes) > 1 << 20) return;
  }
  const auto whole =
      trireme::onnxfile::EmbedData(model, summary, [](const auto&, std::span<char>) { return trireme::Status(); });
  CHECK(whole.ok());
  const auto again = trireme::onnxfile::ReadModelSummary(*whole);
  CHECK(again.ok());
  for (const auto& tensor : again->external_tensors) CHECK(!tensor.in_use);
}

// What is said to be weights lies within the model, piece behind piece.
void Find(std::string_view model) {
  trireme::onnxfile::ByteSource source(model);
  const auto weights = trireme::onnxfile::FindWeights(source);
  CHECK(weights.ok() || weights.status().code() == trireme::StatusCode::kInvalidArgument);
  if (!weights.ok()) return;
  uint64_t end = 0;
  for (const auto& span : *weights) {
    CHECK(span.bytes.begin >= end && span.bytes.end > span.bytes.begin);
    end = span.bytes.end;
  }
  CHECK(end <= model.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  trireme::onnxfile::LooksLikeModel(bytes, size);
  const auto summary = trireme::onnxfile::ReadModelSummary(bytes);
  CHECK(summary.ok() || summary.status().code() == trireme::StatusCode::kInvalidArgument);
  if (summary.ok()) Embed(bytes, *summary);
  Find(bytes);
  trireme::onnxfile::LooksLikeModel(bytes.substr(0, size / 2), size);
  return 0;
}
