// SPDX-License-Identifier: Apache-2.0
#include "base/cgroup.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <limits>
#include <sstream>

namespace trireme {
namespace {

namespace fs = std::filesystem;

double Tightest(fs::path group, const fs::path& mount, const CgroupLimit& limit_of) {
  double tightest = limit_of(mount);
  for (; group != mount && group.string().size() > mount.string().size(); group = group.parent_path()) {
    tightest = std::min(tightest, limit_of(group));
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

}  // namespace

std::string ReadSmallFile(const fs::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

double TightestCgroupLimit(const std::string& self_cgroup, const fs::path& mount, const std::string& controller,
                           const CgroupLimit& v2, const CgroupLimit& v1) {
  double tightest = std::numeric_limits<double>::infinity();
  std::istringstream lines(self_cgroup);
  for (std::string line; std::getline(lines, line);) {  // hierarchy:controllers:path
    const size_t first = line.find(':');
    const size_t second = line.find(':', first == std::string::npos ? first : first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string path = fs::path(line.substr(second + 1)).relative_path().string();
    if (controllers.empty()) {
      tightest = std::min(tightest, Tightest(path.empty() ? mount : mount / path, mount, v2));
    } else if (HasController(controllers, controller)) {
      for (const fs::path& root : {mount / controllers, mount / controller}) {
        tightest = std::min(tightest, Tightest(path.empty() ? root : root / path, root, v1));
      }
    }
  }
  return tightest;
}

}  // namespace trireme
