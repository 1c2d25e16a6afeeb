// SPDX-License-Identifier: Apache-2.0
#include "access/authoriser.h"

namespace trireme {

Status Authorise(const Identity& identity, Operation operation, std::string_view model) {
  if (identity.Allows(operation, model)) return {};
  std::string text = "'" + identity.principal + "' may not do this: it needs a key for " + std::string(Name(operation));
  if (!model.empty()) text += " of model '" + std::string(model) + "'";
  return {StatusCode::kPermissionDenied, std::move(text)};
}

}  // namespace trireme
