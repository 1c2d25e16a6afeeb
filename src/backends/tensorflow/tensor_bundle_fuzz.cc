// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "backends/tensorflow/tensor_bundle.h"

// Whatever an index is: it is read within its bounds.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace trireme;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)tensorflow::ReadBundleIndex(bytes);
  (void)tensorflow::SliceKey(bytes.substr(0, size / 2), bytes.substr(size / 2));
  return 0;
}
