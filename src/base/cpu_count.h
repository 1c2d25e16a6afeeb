// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace trireme {

// Threads that this process may keep busy: the smallest of the machine's processors, the affinity mask and the CPU
// quota of its control group and of each group above it (cgroup v2 `cpu.max`, v1 `cpu.cfs_quota_us` /
// `cpu.cfs_period_us`), at least 1. Of a quota of 2.5 that is 2: a thread more than the quota has would be stopped for
// the rest of each period, and with it the answer that it is at.
int AvailableCpus();

// The quota part alone, for a given /proc/self/cgroup text and cgroup mount: +infinity if there is none.
double CgroupCpuQuota(const std::string& self_cgroup, const std::filesystem::path& mount);

}  // namespace trireme
