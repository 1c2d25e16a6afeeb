// SPDX-License-Identifier: Apache-2.0
#include "base/cpu_count.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <sstream>

namespace trireme {
namespace {

constexpr double kNoQuota = std::numeric_limits<double>::infinity();

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

// v2: "max 100000" or "150000 100000".
double QuotaV2(const std::filesystem::path& group) {
  std::istringstream text(ReadFile(group / "cpu.max"));
  double quota = 0;
  double period = 0;
  if (!(text >> quota >> period) || quota <= 0 || period <= 0) return kNoQuota;
  return quota / period;
}

// v1: two files; -1 means no quota.
double QuotaV1(const std::filesystem::path& group) {
  std::istringstream quota_text(ReadFile(group / "cpu.cfs_quota_us"));
  std::istringstream period_text(ReadFile(group / "cpu.cfs_period_us"));
  double quota = 0;
  double period = 0;
  if (!(quota_text >> quota) || !(period_text >> period) || quota <= 0 || period <= 0) return kNoQuota;
  return quota / period;
}

// The tightest of a group and all groups above it, up to the mount. In a container without a cgroup namespace the path
// is the host's and does not exist below our mount; then only the mount itself can say something.
template <typename Quota>
double Tightest(std::filesystem::path group, const std::filesystem::path& mount, Quota quota_of) {
  double tightest = quota_of(mount);
  for (; group != mount && group.string().size() > mount.string().size(); group = group.parent_path()) {
    tightest = std::min(tightest, quota_of(group));
  }
  return tightest;
}

bool HasController(const std::string& list, const std::string& wanted) {
  std::istringstream controllers(list);
  for (std::string name; std::getline(controllers, name, ',');) {
    if (name == wanted) return true;
  }
  return false;
}

int AffinityCount() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

}  // namespace

double CgroupCpuQuota(const std::string& self_cgroup, const std::filesystem::path& mount) {
  double tightest = kNoQuota;
  std::istringstream lines(self_cgroup);
  for (std::string line; std::getline(lines, line);) {  // hierarchy:controllers:path
    const size_t first = line.find(':');
    const size_t second = line.find(':', first == std::string::npos ? first : first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string path = std::filesystem::path(line.substr(second + 1)).relative_path().string();
    if (controllers.empty()) {
      tightest = std::min(tightest, Tightest(path.empty() ? mount : mount / path, mount, QuotaV2));
    } else if (HasController(controllers, "cpu")) {
      for (const std::filesystem::path& root : {mount / controllers, mount / "cpu"}) {
        tightest = std::min(tightest, Tightest(path.empty() ? root : root / path, root, QuotaV1));
      }
    }
  }
  return tightest;
}

int AvailableCpus() {
  const double quota = CgroupCpuQuota(ReadFile("/proc/self/cgroup"), "/sys/fs/cgroup");
  const int affinity = AffinityCount();
  if (quota >= affinity) return affinity;
  return std::max(1, static_cast<int>(std::ceil(quota)));
}

}  // namespace trireme
