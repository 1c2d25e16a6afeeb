// SPDX-License-Identifier: Apache-2.0
#include "base/memory_limit.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

#include "base/cgroup.h"

namespace trireme {
namespace {

constexpr double kNoLimit = std::numeric_limits<double>::infinity();

// Where v1 has none it has a number that no machine reaches.
constexpr double kBeyondReason = 1ULL << 60;

// "max", or bytes.
double LimitIn(const std::filesystem::path& file) {
  std::istringstream text(ReadSmallFile(file));
  double bytes = 0;
  return text >> bytes && bytes > 0 && bytes < kBeyondReason ? bytes : kNoLimit;
}

}  // namespace

uint64_t CgroupMemoryLimit(const std::string& self_cgroup, const std::filesystem::path& mount) {
  const double limit = TightestCgroupLimit(
      self_cgroup, mount, "memory", [](const auto& group) { return LimitIn(group / "memory.max"); },
      [](const auto& group) { return LimitIn(group / "memory.limit_in_bytes"); });
  return std::isinf(limit) ? 0 : static_cast<uint64_t>(limit);
}

uint64_t AvailableMemory() {
  const int64_t pages = sysconf(_SC_PHYS_PAGES);
  const int64_t page_bytes = sysconf(_SC_PAGESIZE);
  const uint64_t machine =
      pages > 0 && page_bytes > 0 ? static_cast<uint64_t>(pages) * static_cast<uint64_t>(page_bytes) : 0;
  const uint64_t group = CgroupMemoryLimit(ReadSmallFile("/proc/self/cgroup"), "/sys/fs/cgroup");
  if (machine == 0 || group == 0) return std::max(machine, group);
  return std::min(machine, group);
}

}  // namespace trireme
