// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "dialect/dialect.h"
#include "protocols/torchserve/services.h"

namespace trireme::torchserve {

// GET /metrics with TorchServe's names, in the form in which its Java client writes them: a comma behind the last
// label, and numbers with a decimal point. `names`: those to be shown; none: all. In log mode there is nothing.
std::string MetricsText(const Services& services, const std::vector<std::string>& names);

Route MetricsRoute(const Services& services);

}  // namespace trireme::torchserve
