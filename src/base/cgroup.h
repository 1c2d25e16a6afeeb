// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <string>

namespace trireme {

// What a control group's files say of one of its limits; +infinity if they say none.
using CgroupLimit = std::function<double(const std::filesystem::path& group)>;

// The tightest limit of a process's control group and of all groups above it, for a given /proc/self/cgroup text and
// cgroup mount: of `v2` in the unified hierarchy, of `v1` in that of `controller`. In a container without a cgroup
// namespace the path is the host's and does not exist below our mount; then only the mount itself can say something.
double TightestCgroupLimit(const std::string& self_cgroup, const std::filesystem::path& mount,
                           const std::string& controller, const CgroupLimit& v2, const CgroupLimit& v1);

// The text of a small file; empty if it cannot be read.
std::string ReadSmallFile(const std::filesystem::path& path);

}  // namespace trireme
