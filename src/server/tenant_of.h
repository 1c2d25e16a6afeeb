// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "access/operation.h"
#include "access/tenant_quotas.h"
#include "base/status.h"
#include "net/http_message.h"
#include "server/credentials_of.h"

namespace trireme {

// Where it is found out for whom somebody asks, and what each may ask for. All of it outlives the requests.
struct TenantRules {
  std::string header;              // in lower case; empty: whoever shows no key with a tenant has none
  TenantQuotas* quotas = nullptr;  // null: there are none
};

// Gives whoever may do this his tenant: that of his key, else the one that the header names. kInvalidArgument names the
// header, where it is there more than once or names none. Only inference has tenants.
void FindTenant(const TenantRules* rules, Operation operation, const net::HttpRequest& head, Admission& admission);

// The same before anything else of a request is read, which one over his quota is spared: kOverloaded. What passes is
// counted where it is run.
void FindTenantAtHead(const TenantRules* rules, Operation operation, const net::HttpRequest& head,
                      Admission& admission);

}  // namespace trireme
