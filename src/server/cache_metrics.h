// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/response_cache.h"
#include "metrics/registry.h"

namespace trireme {

// trireme_response_cache_bytes, trireme_response_cache_answers and trireme_response_cache_evictions_total, once
// something has been kept. What a model found there is shown with it (scheduler/triton_series.h). Both arguments must
// outlive the handle.
[[nodiscard]] metrics::CallbackHandle ShowCache(metrics::Registry& registry, const ResponseCache& cache);

}  // namespace trireme
