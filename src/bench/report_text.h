// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "bench/spread.h"

namespace trireme::bench {

double Seconds(Duration duration);
double Microseconds(Duration duration);

// What a server said, in a line on a terminal or in a file: '?' in place of control characters, which could move its
// cursor or hide what stands before.
std::string Visible(std::string_view text);

// A field as RFC 4180 has it, which no spreadsheet takes for a formula.
std::string CsvField(std::string_view text);
// Text that Markdown takes as it is, within a table's cell too.
std::string PlainMarkdown(std::string_view text);

// Four digits that count, as people read numbers: "0.012", "12.35", "1235".
std::string Short(double value);
// "1.234 GiB", for people.
std::string RoughBytes(uint64_t bytes);
// In milliseconds, without the unit.
std::string ShortMilliseconds(Duration duration);
// "12.35 requests/s   (11.02 to 13.11)".
std::string Describe(const Spread& spread, std::string_view unit);

}  // namespace trireme::bench
