// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "protocols/torchserve/python_answer.h"
#include "protocols/torchserve/request_inputs.h"

// The first byte chooses the input's type and the content type; the rest is the body. What could be read is written as
// an answer.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace trireme;
  if (size == 0) return 0;
  constexpr std::string_view kTypes[] = {"", "application/json", "text/csv", "multipart/form-data; boundary=b",
                                         "application/x-www-form-urlencoded"};
  constexpr DataType kElements[] = {DataType::kFp32, DataType::kInt64, DataType::kBytes};
  static MemoryPool pool;
  net::HttpRequest http;
  http.headers.push_back({.name = "content-type", .value = kTypes[data[0] % 5]});
  http.body = std::as_bytes(std::span(data + 1, size - 1));
  Signature signature;
  signature.inputs = {{.name = "x", .type = kElements[data[0] / 5 % 3], .shape = {Shape::kAny, Shape::kAny}}};
  if (data[0] >= 128) signature.inputs.push_back({.name = "y", .type = DataType::kFp32, .shape = {Shape::kAny}});
  const auto parts = torchserve::PartsOf(http);
  if (!parts.ok()) return 0;
  const auto found = torchserve::InputsOf(signature, "x", *parts, pool);
  // As if the model gave back what it got.
  if (found.ok()) {
    (void)torchserve::EncodePythonAnswer(found->inputs,
                                         {.is_lone_row = found->is_lone_row, .as_predictions = found->has_instances});
  }
  return 0;
}
