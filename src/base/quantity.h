// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace trireme {

// Sizes and durations as people write them: a decimal integer and at once its unit, nothing around or between. Messages
// say what was expected and what was found; whoever knows where the text came from puts that in front.

// "1024" (bytes), "64KiB", "64MiB", "2GiB", "1TiB"; "k", "kB", "MB" and the like are refused, because half of the
// people mean 1000 by them. Up to 2^63 - 1.
Result<uint64_t> ParseBytes(std::string_view text);

// "500us", "2ms", "30s", "5m", "1h"; "0" needs no unit. Up to 100 years.
Result<std::chrono::microseconds> ParseDuration(std::string_view text);

// A number is of seconds, as Triton has it: "30", "0.5"; else as ParseDuration has it. To the microsecond.
Result<std::chrono::microseconds> ParseSeconds(std::string_view text);

// A whole number is of milliseconds: "20000"; else as ParseDuration has it.
Result<std::chrono::microseconds> ParseMilliseconds(std::string_view text);

// The shortest of the forms above that says exactly this: "64MiB", "1500ms".
std::string FormatBytes(uint64_t bytes);
std::string FormatDuration(std::chrono::microseconds duration);

}  // namespace trireme
