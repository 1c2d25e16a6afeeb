// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/emptied_roots.h"

#include <algorithm>
#include <utility>

namespace trireme {
namespace {

bool IsEmpty(const RootLook& look) {
  return look.status.ok() && !look.has_models;
}

bool IsOfRoot(const ModelProblem& problem, const RootLook& look) {
  return problem.name.empty() && !problem.keeps_models && problem.path == look.path && problem.roots.size() == 1 &&
         problem.roots.front() == look.path;
}

}  // namespace

RepositoryScan EmptiedRoots::PassOver(RepositoryScan scan) {
  for (const RootLook& look : scan.roots) {
    if (look.has_models) filled_.insert(look.path);
    if (!IsEmpty(look) || !filled_.contains(look.path)) continue;
    std::erase_if(scan.problems, [&](const ModelProblem& problem) { return IsOfRoot(problem, look); });
  }
  return scan;
}

}  // namespace trireme
