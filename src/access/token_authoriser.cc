// SPDX-License-Identifier: Apache-2.0
#include "access/token_authoriser.h"

#include <optional>
#include <utility>

#include "access/key_grant.h"
#include "access/refusal_text.h"

namespace trireme {
namespace {

class ManagementGrant final : public Grant {
 public:
  bool Allows(Operation operation, std::string_view /*model*/) const override {
    switch (operation) {
      case Operation::kProbe:
      case Operation::kMetadata:
      case Operation::kMetrics:
      case Operation::kModelControl:
      case Operation::kServerControl:
        return true;
      case Operation::kInfer:
      case Operation::kSharedMemory:
      case Operation::kKeyControl:
        return false;
    }
    return false;
  }
  bool CoversEveryModel() const override { return true; }
};

// Of who has come to the wrong door.
class NoGrant final : public Grant {
 public:
  bool Allows(Operation operation, std::string_view /*model*/) const override { return operation == Operation::kProbe; }
  bool CoversEveryModel() const override { return false; }
};

class ApiGrant final : public Grant {
 public:
  bool Allows(Operation operation, std::string_view /*model*/) const override {
    return operation == Operation::kProbe || operation == Operation::kKeyControl;
  }
  bool CoversEveryModel() const override { return false; }
};

KeyRoles InferenceRoles() {
  KeyRoles roles;
  roles.infer = true;
  return roles;
}

}  // namespace

TokenAuthoriser::TokenAuthoriser(const TokenKeys& keys, Known known, Authoriser* others)
    : keys_(keys),
      known_(known),
      others_(others),
      inference_(std::make_shared<const KeyGrant>(InferenceRoles(), std::vector<std::string>{"*"})),
      management_(std::make_shared<const ManagementGrant>()),
      api_(std::make_shared<const ApiGrant>()),
      none_(std::make_shared<const NoGrant>()) {}

Result<Identity> TokenAuthoriser::Authenticate(const Credentials& credentials) {
  const std::optional<TokenKind> kind = keys_.Find(ShownKey(credentials));
  if (kind == TokenKind::kInference) {
    return Identity{
        .principal = std::string(kInferenceTokenHolder), .tenant = {}, .grant = known_.inference ? inference_ : none_};
  }
  if (kind == TokenKind::kManagement) {
    return Identity{.principal = std::string(kManagementTokenHolder),
                    .tenant = {},
                    .grant = known_.management ? management_ : none_};
  }
  if (kind == TokenKind::kApi) {
    return Identity{.principal = std::string(kApiTokenHolder), .tenant = {}, .grant = known_.management ? api_ : none_};
  }
  if (others_ != nullptr) return others_->Authenticate(credentials);
  return Status(StatusCode::kUnauthenticated,
                "Token Authorization failed. Token either incorrect, expired, or not provided correctly");
}

}  // namespace trireme
