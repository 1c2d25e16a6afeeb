// SPDX-License-Identifier: Apache-2.0
#include "access/authoriser.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "access/refusal_text.h"

namespace trireme {
namespace {

// What "Bearer KEY" holds; nothing if it is of another scheme (RFC 6750 section 2.1, RFC 9110 section 11.1).
std::optional<std::string_view> BearerKey(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (authorization.size() < kScheme.size()) return std::nullopt;
  const bool is_bearer = std::equal(kScheme.begin(), kScheme.end(), authorization.begin(), [](char a, char b) {
    return a == static_cast<char>(std::tolower(static_cast<unsigned char>(b)));
  });
  if (!is_bearer) return std::nullopt;
  authorization.remove_prefix(std::min(authorization.find_first_not_of(' ', kScheme.size()), authorization.size()));
  return authorization;
}

}  // namespace

std::string_view ShownKey(const Credentials& credentials) {
  return BearerKey(credentials.authorization).value_or(credentials.api_key);
}

Status Authorise(const Identity& identity, Operation operation, std::string_view model) {
  if (identity.Allows(operation, model)) return {};
  return {StatusCode::kPermissionDenied, RefusalText(identity.principal, operation, model)};
}

}  // namespace trireme
