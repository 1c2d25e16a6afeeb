// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "access/tenant_quotas.h"
#include "app/settings.h"
#include "base/status.h"

namespace trireme {

// Whose a request is, and what each tenant may ask for; writes to the arguments, which must outlive it.
std::vector<Setting> TenantSettings(std::string& header, TenantQuotas::Quotas& quotas);

// That those who have quotas can be told apart.
Status CheckTenants(const std::string& header, const TenantQuotas::Quotas& quotas, bool has_keys);

}  // namespace trireme
