// SPDX-License-Identifier: Apache-2.0
#include "server/tenant_of.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace trireme {
namespace {

constexpr size_t kMostBytes = 128;

bool IsCalled(std::string_view name, std::string_view lower_case) {
  return std::ranges::equal(name, lower_case, {},
                            [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
}

Status Unexpected(const std::string& header, const std::string& found) {
  return InvalidArgument("header '" + header + "': expected the name of a tenant, 1 to " + std::to_string(kMostBytes) +
                         " printable characters of ASCII, found " + found);
}

// Empty: there is none.
Result<std::string> TenantIn(const net::HttpRequest& head, const std::string& header) {
  const net::HttpHeader* found = nullptr;
  for (const net::HttpHeader& one : head.headers) {
    if (one.name.size() != header.size() || !IsCalled(one.name, header)) continue;
    // Whoever stands in between may have added his own to what a client made up.
    if (found != nullptr) return Unexpected(header, "it more than once");
    found = &one;
  }
  if (found == nullptr) return std::string();
  const std::string_view value = found->value;
  if (value.empty() || value.size() > kMostBytes) return Unexpected(header, std::to_string(value.size()) + " bytes");
  if (!std::ranges::all_of(value, [](char c) { return c >= ' ' && c <= '~'; })) {
    return Unexpected(header, "others among them");
  }
  return std::string(value);
}

}  // namespace

void FindTenant(const TenantRules* rules, Operation operation, const net::HttpRequest& head, Admission& admission) {
  if (rules == nullptr || operation != Operation::kInfer || !admission.status.ok()) return;
  if (rules->header.empty() || !admission.identity.tenant.empty()) return;
  Result<std::string> tenant = TenantIn(head, rules->header);
  if (tenant.ok()) {
    admission.identity.tenant = *std::move(tenant);
  } else {
    admission.status = std::move(tenant).status();
  }
}

void FindTenantAtHead(const TenantRules* rules, Operation operation, const net::HttpRequest& head,
                      Admission& admission) {
  FindTenant(rules, operation, head, admission);
  if (rules == nullptr || rules->quotas == nullptr || operation != Operation::kInfer || !admission.status.ok()) return;
  admission.status = rules->quotas->Look(admission.identity.tenant);
}

}  // namespace trireme
