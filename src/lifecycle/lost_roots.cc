// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/lost_roots.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <tuple>

namespace trireme {
namespace {

namespace fs = std::filesystem;

using Roots = std::set<fs::path>;
using Names = std::set<std::string>;

bool IsLost(const RootLook& now, const RootLook* before) {
  if (!now.status.ok()) return true;
  if (now.has_models || before == nullptr || !before->identity) return false;
  return now.identity != before->identity;
}

// The lost ones, which keep the identity that they had.
Roots TakeLost(std::span<const RootLook> good, std::vector<RootLook>& now) {
  Roots lost;
  for (RootLook& look : now) {
    const auto before = std::ranges::find(good, look.path, &RootLook::path);
    const RootLook* known = before == good.end() ? nullptr : &*before;
    if (!IsLost(look, known)) continue;
    lost.insert(look.path);
    look.identity = known == nullptr ? std::nullopt : known->identity;
  }
  return lost;
}

bool IsOf(const ModelProblem& problem, const Roots& lost) {
  return std::ranges::any_of(problem.roots, [&](const fs::path& root) { return lost.contains(root); });
}

// What is said of a root as a whole.
bool IsTheRoots(const ModelProblem& problem) {
  return problem.name.empty() && problem.roots.size() == 1 && problem.path == problem.roots.front();
}

// What of the lost roots was applied. A name that lies in one of them keeps what it had, wherever else it may lie.
RepositoryScan KeptOf(const RepositoryScan& applied, const Roots& lost) {
  RepositoryScan kept;
  for (const ModelEntry& entry : applied.models) {
    if (lost.contains(entry.root)) kept.models.push_back(entry);
  }
  for (const ModelProblem& problem : applied.problems) {
    if (IsOf(problem, lost) && !IsTheRoots(problem)) kept.problems.push_back(problem);
  }
  return kept;
}

Names NamesIn(const RepositoryScan& scan) {
  Names names;
  for (const ModelEntry& entry : scan.models) names.insert(entry.id.name);
  for (const ModelProblem& problem : scan.problems) {
    if (!problem.name.empty()) names.insert(problem.name);
  }
  return names;
}

void SayThatModelsGoOn(ModelProblem& problem) {
  if (problem.keeps_models) return;
  problem.keeps_models = true;
  problem.status = Unavailable(problem.status.message() + "; the models that were found there before go on");
}

}  // namespace

RepositoryScan WithLostRoots(const RepositoryScan& applied, std::span<const RootLook> good, RepositoryScan current) {
  const Roots lost = TakeLost(good, current.roots);
  if (lost.empty()) return current;
  const RepositoryScan kept = KeptOf(applied, lost);
  const Names names = NamesIn(kept);
  std::erase_if(current.models, [&](const ModelEntry& entry) { return names.contains(entry.id.name); });
  std::erase_if(current.problems, [&](const ModelProblem& problem) { return names.contains(problem.name); });
  for (ModelProblem& problem : current.problems) {
    if (!names.empty() && IsTheRoots(problem) && IsOf(problem, lost)) SayThatModelsGoOn(problem);
  }
  current.models.insert(current.models.end(), kept.models.begin(), kept.models.end());
  current.problems.insert(current.problems.end(), kept.problems.begin(), kept.problems.end());
  std::ranges::stable_sort(current.models, {}, &ModelEntry::id);
  std::ranges::stable_sort(current.problems, [](const ModelProblem& a, const ModelProblem& b) {
    return std::tie(a.name, a.path) < std::tie(b.name, b.path);
  });
  return current;
}

}  // namespace trireme
