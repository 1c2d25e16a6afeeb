// SPDX-License-Identifier: Apache-2.0
// Any bytes as the state of a search: what is read is read again as the same from what is written of it.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "tune/state_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace trireme::tune;  // NOLINT: a program of its own
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto read = DecodeState(text);
  if (!read.ok()) {
    CHECK(!read.status().message().empty());
    return 0;
  }
  CHECK(read->bytes <= size);
  std::string written = EncodeIdentity({});
  for (const Visit& visit : read->state.visits) written += Encode(visit);
  const auto again = DecodeState(written);
  CHECK(again.ok() && again->state.visits == read->state.visits);
  return 0;
}
