// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "predict/journal.h"

// What is read is written as lines that read as the same.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace trireme::predict;
  const auto read = ReadJournal({reinterpret_cast<const char*>(data), size});
  if (!read.ok()) return 0;
  CHECK(read->bytes <= size);
  std::string text = HeadLine(read->identity);
  if (read->milestone) text += MilestoneLine(*read->milestone, 0);
  if (!read->ready.empty()) text += ReadyLine(read->ready);
  const auto again = ReadJournal(text);
  CHECK(again.ok());
  CHECK(again->bytes == text.size());
  CHECK(again->ready == read->ready);
  CHECK(again->milestone.has_value() == read->milestone.has_value());
  return 0;
}
