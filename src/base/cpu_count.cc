// SPDX-License-Identifier: Apache-2.0
#include "base/cpu_count.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

#include "base/cgroup.h"

namespace trireme {
namespace {

constexpr double kNoQuota = std::numeric_limits<double>::infinity();

// v2: "max 100000" or "150000 100000".
double QuotaV2(const std::filesystem::path& group) {
  std::istringstream text(ReadSmallFile(group / "cpu.max"));
  double quota = 0;
  double period = 0;
  if (!(text >> quota >> period) || quota <= 0 || period <= 0) return kNoQuota;
  return quota / period;
}

// v1: two files; -1 means no quota.
double QuotaV1(const std::filesystem::path& group) {
  std::istringstream quota_text(ReadSmallFile(group / "cpu.cfs_quota_us"));
  std::istringstream period_text(ReadSmallFile(group / "cpu.cfs_period_us"));
  double quota = 0;
  double period = 0;
  if (!(quota_text >> quota) || !(period_text >> period) || quota <= 0 || period <= 0) return kNoQuota;
  return quota / period;
}

int AffinityCount() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

}  // namespace

double CgroupCpuQuota(const std::string& self_cgroup, const std::filesystem::path& mount) {
  return TightestCgroupLimit(self_cgroup, mount, "cpu", QuotaV2, QuotaV1);
}

int AvailableCpus() {
  const double quota = CgroupCpuQuota(ReadSmallFile("/proc/self/cgroup"), "/sys/fs/cgroup");
  const int affinity = AffinityCount();
  if (quota >= affinity) return affinity;
  return std::max(1, static_cast<int>(std::floor(quota)));
}

}  // namespace trireme
