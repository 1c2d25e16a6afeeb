// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dialect/dialect.h"
#include "metrics/registry.h"

namespace trireme {

// GET /metrics in Prometheus' text format: a dialect of its own, because the main listener has it as well as the
// metrics listener. `registry` must outlive the routes.
Dialect MakeMetricsDialect(const metrics::Registry& registry);

}  // namespace trireme
