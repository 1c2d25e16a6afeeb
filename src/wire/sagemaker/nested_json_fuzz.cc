// SPDX-License-Identifier: Apache-2.0
// Reads any text as a nested array for an input of any type: what is read has the elements of its shape, and comes back
// as the same when it is written.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "wire/kserve/json_data.h"
#include "wire/sagemaker/nested_json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace trireme;  // NOLINT: a program of its own
  if (size == 0) return 0;
  static MemoryPool pool;
  const TensorSpec input{.name = "x", .type = static_cast<DataType>(data[0] % 14), .shape = {-1, -1}};
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  (void)sagemaker::FormOfJson(text);
  const auto tensor = sagemaker::ReadNestedJson(text, input, pool);
  CHECK(tensor.ok() || tensor.status().code() == StatusCode::kInvalidArgument);
  if (!tensor.ok()) return 0;
  CHECK(kserve::CheckWhole(*tensor).ok());
  std::string written;
  if (!sagemaker::AppendNestedJson(written, *tensor).ok()) return 0;
  const auto again = sagemaker::ReadNestedJson(written, input, pool);
  CHECK(again.ok());
  CHECK(again->shape == tensor->shape);
  return 0;
}
