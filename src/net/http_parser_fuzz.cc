// SPDX-License-Identifier: Apache-2.0
// Reads any bytes as a request, whole and in pieces, and asks Boost.Beast what it thinks of those that were accepted.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "net/testing/beast_comparison.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace trireme::net;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Opinion whole = OurOpinion(bytes, SIZE_MAX);
  const Opinion pieces = OurOpinion(bytes, 1 + size % 7);
  CHECK(whole.accepted == pieces.accepted);
  CHECK(whole.request == pieces.request);
  if (!whole.accepted || OnlyBeastCares(whole.request)) return 0;
  const Opinion beast = BeastsOpinion(bytes);
  CHECK(beast.accepted);
  CHECK(Agrees(whole.request, beast.request));
  return 0;
}
