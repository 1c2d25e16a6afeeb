// SPDX-License-Identifier: Apache-2.0
// Any text as a space of settings: what is read is read again as the same from what is written of it.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "tune/space.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace trireme::tune;  // NOLINT: a program of its own
  const auto space = ParseSpace(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!space.ok()) {
    CHECK(!space.status().message().empty());
    return 0;
  }
  const auto again = ParseSpace(ToText(*space));
  CHECK(again.ok() && *again == *space);
  const auto candidates = CandidatesIn(*space, {}, 4);
  CHECK(!candidates.ok() || (!candidates->empty() && candidates->size() <= 2 * kMostCandidates));
  return 0;
}
