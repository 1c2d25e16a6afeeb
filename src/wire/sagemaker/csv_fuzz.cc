// SPDX-License-Identifier: Apache-2.0
// Reads any text as CSV for an input of any type: what is read has the elements of its shape, and can be written.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "wire/kserve/json_data.h"
#include "wire/sagemaker/csv.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace trireme;  // NOLINT: a program of its own
  if (size == 0) return 0;
  static MemoryPool pool;
  const TensorSpec input{.name = "x", .type = static_cast<DataType>(data[0] % 14), .shape = {-1, -1}};
  const auto tensor = sagemaker::ReadCsv({reinterpret_cast<const char*>(data + 1), size - 1}, input, pool);
  CHECK(tensor.ok() || tensor.status().code() == StatusCode::kInvalidArgument);
  if (!tensor.ok()) return 0;
  CHECK(kserve::CheckWhole(*tensor).ok());
  CHECK(sagemaker::WriteCsv(*tensor).ok());
  return 0;
}
