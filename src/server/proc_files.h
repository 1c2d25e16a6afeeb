// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace trireme {

// What Linux tells in /proc, taken out of the text of its files: man 5 proc. Nothing if the text is of another form.

// Of /proc/stat: the time that all processors together have spent since the start, in ticks.
struct CpuTicks {
  uint64_t busy = 0;
  uint64_t total = 0;
};
std::optional<CpuTicks> ParseCpuTicks(std::string_view stat);

// The share of the time between two looks that was not idle, from 0 to 1; 0 if no time has passed.
double Utilization(const CpuTicks& before, const CpuTicks& now);

// The number behind a name at the start of a line, as in "MemTotal: 16384 kB" and "btime 1700000000".
std::optional<uint64_t> FindNumber(std::string_view text, std::string_view name);

// Of /proc/self/stat: when the process was started, in ticks after the system's start.
std::optional<uint64_t> ParseStartTicks(std::string_view stat);

}  // namespace trireme
