// SPDX-License-Identifier: Apache-2.0
// Reads any text as sparse rows: what is read has the elements of its shape.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "wire/kserve/json_data.h"
#include "wire/sagemaker/libsvm.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace trireme;  // NOLINT: a program of its own
  if (size == 0) return 0;
  static MemoryPool pool;
  const TensorSpec input{.name = "x",
                         .type = data[0] % 2 == 0 ? DataType::kFp32 : DataType::kFp64,
                         .shape = {-1, 1 + data[0] / 4},
                         .missing_is_nan = data[0] % 4 >= 2};
  const auto tensor = sagemaker::ReadLibsvm({reinterpret_cast<const char*>(data + 1), size - 1}, input, pool);
  CHECK(tensor.ok() || tensor.status().code() == StatusCode::kInvalidArgument ||
        tensor.status().code() == StatusCode::kTooLarge);
  if (tensor.ok()) CHECK(kserve::CheckWhole(*tensor).ok());
  return 0;
}
