// SPDX-License-Identifier: Apache-2.0
#include "server/proc_files.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace trireme {
namespace {

std::optional<uint64_t> TakeNumber(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return number;
}

}  // namespace

std::optional<CpuTicks> ParseCpuTicks(std::string_view stat) {
  constexpr std::string_view kAll = "cpu ";
  if (!stat.starts_with(kAll)) return std::nullopt;
  stat.remove_prefix(kAll.size());
  // user, nice, system, idle, iowait, irq, softirq, steal; what follows is counted in the first two as well.
  std::array<uint64_t, 8> ticks{};
  for (uint64_t& each : ticks) {
    const auto number = TakeNumber(stat);
    if (!number) return std::nullopt;
    each = *number;
  }
  CpuTicks found;
  for (const uint64_t each : ticks) found.total += each;
  found.busy = found.total - ticks[3] - ticks[4];
  return found;
}

double Utilization(const CpuTicks& before, const CpuTicks& now) {
  // The kernel's counts of idle time may go back a little.
  if (now.total <= before.total || now.busy <= before.busy) return 0;
  return std::min(1.0, static_cast<double>(now.busy - before.busy) / static_cast<double>(now.total - before.total));
}

std::optional<uint64_t> FindNumber(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (!line.starts_with(name)) continue;
    line.remove_prefix(name.size());
    if (line.starts_with(':')) line.remove_prefix(1);
    if (line.starts_with(' ') || line.starts_with('\t')) return TakeNumber(line);
  }
  return std::nullopt;
}

std::optional<uint64_t> ParseStartTicks(std::string_view stat) {
  // The name of the program stands in brackets and may hold anything; behind it come the state and 18 numbers.
  const size_t name_end = stat.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  stat.remove_prefix(name_end + 1);
  constexpr int kFieldsBefore = 19;
  for (int field = 0; field < kFieldsBefore; ++field) {
    stat.remove_prefix(std::min(stat.find_first_not_of(' '), stat.size()));
    stat.remove_prefix(std::min(stat.find(' '), stat.size()));
  }
  return TakeNumber(stat);
}

}  // namespace trireme
