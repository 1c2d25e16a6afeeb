// SPDX-License-Identifier: Apache-2.0
// Reads any bytes as a file of keys. What is accepted is written and read again, and nobody gets in without a key.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "access/key_table.h"
#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto lines = trireme::ParseKeyFile(text, "keys");
  if (!lines.ok()) {
    CHECK(lines.status().message().starts_with("keys:"));
    return 0;
  }
  std::string written;
  for (const trireme::KeyLine& line : *lines) {
    CHECK(line.roles.any() && !line.name.empty());
    written += trireme::FormatKeyLine(line) + "\n";
  }
  CHECK(*trireme::ParseKeyFile(written, "keys") == *lines);
  const trireme::KeyTable table(*lines);
  CHECK(table.size() == lines->size());
  CHECK(!table.Find({}, std::chrono::system_clock::time_point()).ok());
  return 0;
}
