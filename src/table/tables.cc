// SPDX-License-Identifier: Apache-2.0
#include "table/tables.h"

#include <array>

#include "base/letter_case.h"

namespace trireme::table {
namespace {

struct Ending {
  std::string_view text;
  Format format;
};

constexpr std::array<Ending, 13> kEndings = {{{".csv", Format::kCsv},
                                              {".tsv", Format::kCsv},
                                              {".csv.gz", Format::kCsv},
                                              {".tsv.gz", Format::kCsv},
                                              {".csv.zst", Format::kCsv},
                                              {".jsonl", Format::kJsonLines},
                                              {".ndjson", Format::kJsonLines},
                                              {".json", Format::kJsonLines},
                                              {".jsonl.gz", Format::kJsonLines},
                                              {".ndjson.gz", Format::kJsonLines},
                                              {".jsonl.zst", Format::kJsonLines},
                                              {".parquet", Format::kParquet},
                                              {".pq", Format::kParquet}}};

}  // namespace

std::optional<Format> FormatOf(const std::filesystem::path& path) {
  const std::string name = LowerCase(path.filename().string());
  for (const Ending& ending : kEndings) {
    if (name.ends_with(ending.text)) return ending.format;
  }
  return std::nullopt;
}

}  // namespace trireme::table
