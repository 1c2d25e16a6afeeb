// SPDX-License-Identifier: Apache-2.0
#include "repository/version_policy.h"

#include <algorithm>
#include <cstddef>

namespace trireme {
namespace {

bool IsServed(const VersionPolicy& policy, std::span<const int64_t> there, size_t index) {
  switch (policy.kind) {
    case VersionPolicy::Kind::kAll:
      return true;
    case VersionPolicy::Kind::kLatest:
      return there.size() - index <= policy.latest;
    case VersionPolicy::Kind::kSpecific:
      return std::ranges::find(policy.versions, there[index]) != policy.versions.end();
  }
  return false;
}

}  // namespace

ChosenVersions ChooseVersions(const VersionPolicy& policy, std::span<const int64_t> there) {
  ChosenVersions chosen;
  for (size_t i = 0; i < there.size(); ++i) {
    (IsServed(policy, there, i) ? chosen.served : chosen.not_served).push_back(there[i]);
  }
  if (policy.kind != VersionPolicy::Kind::kSpecific) return chosen;
  for (const int64_t version : policy.versions) {
    if (!std::ranges::binary_search(there, version)) chosen.missing.push_back(version);
  }
  std::ranges::sort(chosen.missing);
  chosen.missing.erase(std::unique(chosen.missing.begin(), chosen.missing.end()), chosen.missing.end());
  return chosen;
}

}  // namespace trireme
