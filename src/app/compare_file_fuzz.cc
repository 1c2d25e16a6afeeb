// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "app/compare_file.h"
#include "base/check.h"

// Whatever a file says there is an answer: somebody to be measured, or words.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto parsed = trireme::ParseCompare({reinterpret_cast<const char*>(data), size}, "c.yaml");
  if (parsed.ok()) {
    CHECK(!parsed->targets.empty() && !parsed->loads.empty() && parsed->rounds > 0);
  } else {
    CHECK(parsed.status().code() == trireme::StatusCode::kInvalidArgument && !parsed.status().message().empty());
  }
  return 0;
}
