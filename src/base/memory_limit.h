// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace trireme {

// Bytes of memory that this process may have: the smallest of the machine's and of the limits of its control group and
// of each group above it (cgroup v2 `memory.max`, v1 `memory.limit_in_bytes`). 0: nothing says.
uint64_t AvailableMemory();

// The groups' part alone, for a given /proc/self/cgroup text and cgroup mount: 0 if they have no limit.
uint64_t CgroupMemoryLimit(const std::string& self_cgroup, const std::filesystem::path& mount);

}  // namespace trireme
