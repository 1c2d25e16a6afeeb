// SPDX-License-Identifier: Apache-2.0
#include "access/authoriser.h"

namespace trireme {
namespace {

constexpr size_t kMaxNameBytes = 200;  // in a text: the client chose it, and it may be long

}  // namespace

Status Authorise(const Identity& identity, Operation operation, std::string_view model) {
  if (identity.Allows(operation, model)) return {};
  std::string text = "'" + identity.principal + "' may not do this: it needs a key for " + std::string(Name(operation));
  if (!model.empty()) text += " of model '" + std::string(model.substr(0, kMaxNameBytes)) + "'";
  return {StatusCode::kPermissionDenied, std::move(text)};
}

}  // namespace trireme
