// SPDX-License-Identifier: Apache-2.0
// Any bytes are read, or refused for a reason; what is read is sound.
#include <cstddef>
#include <cstdint>

#include "treefile/lightgbm_model.h"
#include "treefile/testing/check_forest.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  trireme::treefile::CheckForest(trireme::treefile::ReadLightgbmText({reinterpret_cast<const char*>(data), size}));
  return 0;
}
