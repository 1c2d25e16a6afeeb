// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace trireme {

// Threads that this process may keep busy: the smallest of the machine's processors, the affinity mask and the CPU
// quota of its control group and of each group above it (cgroup v2 `cpu.max`, v1 `cpu.cfs_quota_us` /
// `cpu.cfs_period_us`), rounded up, at least 1.
int AvailableCpus();

// The quota part alone, for a given /proc/self/cgroup text and cgroup mount: +infinity if there is none.
double CgroupCpuQuota(const std::string& self_cgroup, const std::filesystem::path& mount);

}  // namespace trireme
