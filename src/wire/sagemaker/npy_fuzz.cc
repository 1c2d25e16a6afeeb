// SPDX-License-Identifier: Apache-2.0
// Reads any bytes as a file of NumPy for an input of any type: what is read has the elements of its shape.
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/check.h"
#include "wire/kserve/json_data.h"
#include "wire/sagemaker/npy.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace trireme;  // NOLINT: a program of its own
  if (size == 0) return 0;
  static MemoryPool pool;
  const TensorSpec input{.name = "x", .type = static_cast<DataType>(data[0] % 14), .shape = {-1, -1}};
  const auto tensor = sagemaker::ReadNpy(std::as_bytes(std::span(data + 1, size - 1)), nullptr, input, pool);
  CHECK(tensor.ok() || tensor.status().code() == StatusCode::kInvalidArgument);
  if (tensor.ok()) CHECK(kserve::CheckWhole(*tensor).ok());
  return 0;
}
