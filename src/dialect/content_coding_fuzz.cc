// SPDX-License-Identifier: Apache-2.0
// Reads any text as the two headers of codings: one is chosen, and a refusal says what was wrong.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "dialect/content_coding.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using trireme::AcceptedCodings;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto coding = trireme::ParseContentEncoding(text);
  CHECK(coding.ok() || !coding.status().message().empty());
  AcceptedCodings once;
  once.Add(text);
  AcceptedCodings twice = once;
  twice.Add(text);
  CHECK(once.Best() == twice.Best());
  CHECK(Name(once.Best()) != "?");
  return 0;
}
