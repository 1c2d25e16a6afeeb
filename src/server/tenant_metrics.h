// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "access/tenant_quotas.h"
#include "metrics/registry.h"

namespace trireme {

// Shows trireme_tenant_refused_total{tenant}: requests over the quota of each tenant who has one of his own; those of
// all others are under "other", for whom names are what clients make up. Both must outlive the handle.
[[nodiscard]] metrics::CallbackHandle ShowTenants(metrics::Registry& registry, const TenantQuotas& quotas);

}  // namespace trireme
