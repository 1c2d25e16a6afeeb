// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "predict/block.h"

namespace trireme::predict {

// What decides what the output is: two runs of the same identity write the same file.
using Identity = std::map<std::string, std::string>;

// How far a run is: what is in its files for good.
struct Milestone {
  int64_t rows_read = 0;  // of the source
  int64_t rows_written = 0;
  uint64_t bytes = 0;      // of the file that grows
  int64_t parts = 0;       // that are files of their own
  Checksums checksums;     // of the rows read
  uint64_t bad_count = 0;  // rows that could not be scored; without lines that never became rows
  std::vector<BadRow> first_bad;
};

inline constexpr size_t kMostToldRows = 1000;

struct JournalContents {
  Identity identity;
  std::optional<Milestone> milestone;  // the last
  std::string ready;                   // the file that has all rows; empty: none, or there is a milestone behind it
  size_t bytes = 0;                    // of the text, up to the last whole line
};

// What a journal says: a line of JSON for the run, one for each milestone, and one when there is a file of all rows,
// before it is moved to its place. A line that was cut off while it was written is none. kInvalidArgument: it is no
// journal. Safe on any text.
Result<JournalContents> ReadJournal(std::string_view text);

std::string HeadLine(const Identity& identity);
// Of the bad rows only those behind the first `told`, which earlier lines have.
std::string MilestoneLine(const Milestone& milestone, size_t told);
// The name of a file beside the journal.
std::string ReadyLine(const std::string& file);

// What the two differ in, for people: "--keep was 'id', is 'id,name'".
std::string Difference(const Identity& before, const Identity& now);

}  // namespace trireme::predict
