// SPDX-License-Identifier: Apache-2.0
// Any bytes are read, or refused for a reason; what is read is sound.
#include <cstddef>
#include <cstdint>

#include "treefile/testing/check_forest.h"
#include "treefile/xgboost_model.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  trireme::treefile::CheckForest(trireme::treefile::ReadXgboostJson(bytes, {}));
  trireme::treefile::CheckForest(trireme::treefile::ReadXgboostUbjson(bytes, {.all_iterations = true}));
  return 0;
}
