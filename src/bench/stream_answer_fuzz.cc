// SPDX-License-Identifier: Apache-2.0
// What is read lies within what was given, whatever it is.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "bench/stream_answer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const trireme::bench::StreamAnswer answer = trireme::bench::ReadStreamAnswer(bytes);
  for (const std::string_view part : {answer.error, answer.id}) {
    CHECK(part.empty() || (part.data() >= bytes.data() && part.data() + part.size() <= bytes.data() + size));
  }
  return 0;
}
