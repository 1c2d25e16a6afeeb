// SPDX-License-Identifier: Apache-2.0
#include "server/tenant_metrics.h"

#include <vector>

namespace trireme {

metrics::CallbackHandle ShowTenants(metrics::Registry& registry, const TenantQuotas& quotas) {
  return registry.ReadFamilies([&quotas]() -> std::vector<metrics::FamilySamples> {
    metrics::FamilySamples refused{
        .family = {"trireme_tenant_refused_total", "Requests that were over the quota of their tenant."},
        .kind = metrics::FamilySamples::Kind::kCounter,
        .samples = {}};
    for (const auto& [tenant, count] : quotas.Refused()) {
      refused.samples.push_back({{{"tenant", tenant}}, static_cast<double>(count)});
    }
    return {std::move(refused)};
  });
}

}  // namespace trireme
