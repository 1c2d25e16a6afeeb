// SPDX-License-Identifier: Apache-2.0
#include "server/cache_metrics.h"

#include <string>
#include <utility>
#include <vector>

namespace trireme {
namespace {

using metrics::FamilySamples;
using Kind = FamilySamples::Kind;

FamilySamples One(Kind kind, std::string name, std::string help, uint64_t value) {
  return {.family = {std::move(name), std::move(help)}, .kind = kind, .samples = {{{}, static_cast<double>(value)}}};
}

std::vector<FamilySamples> CacheFamilies(const ResponseCache::Use& use) {
  if (use.answers == 0 && use.evictions == 0) return {};
  return {One(Kind::kGauge, "trireme_response_cache_bytes", "Memory of answers that are kept.", use.bytes),
          One(Kind::kGauge, "trireme_response_cache_answers", "Answers that are kept.", use.answers),
          One(Kind::kCounter, "trireme_response_cache_evictions_total", "Answers that made room for others.",
              use.evictions)};
}

}  // namespace

metrics::CallbackHandle ShowCache(metrics::Registry& registry, const ResponseCache& cache) {
  return registry.ReadFamilies([&cache] { return CacheFamilies(cache.use()); });
}

}  // namespace trireme
