// SPDX-License-Identifier: Apache-2.0
// Inflates any bytes. What inflates in one go must inflate the same in small steps, and deflate and inflate again.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "codec/gzip.h"

namespace trireme {
namespace {

constexpr size_t kMaxBytes = 1 << 20;

void Check(std::span<const std::byte> deflated, DeflatedForm form) {
  static MemoryPool pool;
  Inflater at_once(deflated, form, {.max_bytes = kMaxBytes}, pool);
  Inflater in_steps(deflated, form, {.max_bytes = kMaxBytes, .align_at = 3}, pool);
  const Result<bool> done = at_once.Run();
  Result<bool> stepped = false;
  for (size_t pause = 1; stepped.ok() && !*stepped; pause = in_steps.bytes().size() + 1000) {
    stepped = in_steps.Run(pause);
  }
  CHECK(done.ok() == stepped.ok());
  CHECK(at_once.bytes().size() <= kMaxBytes + 1);
  if (!done.ok()) {
    CHECK(!done.status().message().empty());
    return;
  }
  CHECK(std::ranges::equal(at_once.bytes(), in_steps.bytes()));
  const std::string_view text(reinterpret_cast<const char*>(at_once.bytes().data()), at_once.bytes().size());
  const std::string again = Deflate({&text, 1}, form);
  Inflater back(std::as_bytes(std::span(again)), form, {}, pool);
  CHECK(back.Run().ok());
  CHECK(std::ranges::equal(at_once.bytes(), back.bytes()));
}

}  // namespace
}  // namespace trireme

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  trireme::Check(bytes, trireme::DeflatedForm::kGzip);
  trireme::Check(bytes, trireme::DeflatedForm::kZlib);
  return 0;
}
