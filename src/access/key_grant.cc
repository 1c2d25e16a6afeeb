// SPDX-License-Identifier: Apache-2.0
#include "access/key_grant.h"

#include <algorithm>
#include <utility>

namespace trireme {
namespace {

bool IsAllowed(const KeyRoles& roles, Operation operation) {
  switch (operation) {
    case Operation::kProbe:
      return true;
    case Operation::kMetadata:
    case Operation::kInfer:
    case Operation::kSharedMemory:
      return roles.infer || roles.admin;
    case Operation::kMetrics:
      return roles.metrics || roles.admin;
    case Operation::kModelControl:
    case Operation::kServerControl:
    case Operation::kKeyControl:
      return roles.admin;
  }
  return false;
}

bool Matches(std::string_view pattern, std::string_view model) {
  if (!pattern.ends_with('*')) return pattern == model;
  return model.starts_with(pattern.substr(0, pattern.size() - 1));
}

}  // namespace

KeyGrant::KeyGrant(KeyRoles roles, std::vector<std::string> models)
    : roles_(roles),
      models_(std::move(models)),
      every_model_(std::find(models_.begin(), models_.end(), "*") != models_.end()) {}

bool KeyGrant::Allows(Operation operation, std::string_view model) const {
  if (!IsAllowed(roles_, operation)) return false;
  if (!model.empty()) return Covers(model);
  const bool changes_the_server = operation == Operation::kServerControl || operation == Operation::kKeyControl;
  return !changes_the_server || every_model_;
}

bool KeyGrant::Covers(std::string_view model) const {
  if (every_model_) return true;
  return std::any_of(models_.begin(), models_.end(),
                     [&](const std::string& pattern) { return Matches(pattern, model); });
}

}  // namespace trireme
