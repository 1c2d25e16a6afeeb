// SPDX-License-Identifier: Apache-2.0
#include "server/cache_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace trireme {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(CacheMetrics, ShowTheCacheOnceItHasSomething) {
  metrics::Registry registry;
  ResponseCache cache(1000);
  const metrics::CallbackHandle handle = ShowCache(registry, cache);
  EXPECT_THAT(registry.Expose(), Not(HasSubstr("response_cache")));
  const auto share = cache.Open(1000);
  share->Put({1, 1}, std::make_shared<KeptAnswer>(), 600);
  share->Put({2, 2}, std::make_shared<KeptAnswer>(), 700);
  const std::string page = registry.Expose();
  EXPECT_THAT(page, HasSubstr("trireme_response_cache_bytes 700\n"));
  EXPECT_THAT(page, HasSubstr("trireme_response_cache_answers 1\n"));
  EXPECT_THAT(page, HasSubstr("trireme_response_cache_evictions_total 1\n"));
}

}  // namespace
}  // namespace trireme
