// SPDX-License-Identifier: Apache-2.0
#include "protocols/admin/listing_of.h"

#include <gtest/gtest.h>

namespace trireme::admin {
namespace {

using std::chrono::milliseconds;

std::vector<ModelOverview> Models() {
  const WallTime now{milliseconds(1795266183007)};
  return {{.status = {.id = {"a", 3},
                      .state = ModelState::kReady,
                      .reason = "cannot be loaded again",
                      .note = "requests run alone",
                      .since = now,
                      .provenance = Provenance{.source = "/m/a/3",
                                               .digest = "sha256:00",
                                               .loaded_at = now - milliseconds(5),
                                               .load_took = milliseconds(250)},
                      .memory = DeviceBytes::Map{{"cuda:0", 4000}, {"cuda:1", 96}},
                      .pinned = true,
                      .labels = {"stable"}},
           .requests = 7,
           .since_last_use = milliseconds(1500),
           .p99 = milliseconds(12)},
          {.status = {.id = {"b", 0}, .state = ModelState::kOnDemand, .since = now}}};
}

TEST(ListingOfTest, HasEverythingThatIsKnown) {
  const Listing listing = ListingOf(
      Models(), {{.device = *Device::Parse("cuda:1"), .budget_bytes = 10, .used_bytes = 5, .other_bytes = 1}});
  const WallTime now{milliseconds(1795266183007)};
  const Listing expected = {.models = {{.name = "a",
                                        .version = 3,
                                        .state = "ready",
                                        .reason = "cannot be loaded again",
                                        .note = "requests run alone",
                                        .since = now,
                                        .labels = {"stable"},
                                        .pinned = true,
                                        .memory_bytes = 4096,
                                        .device = "cuda:0, cuda:1",
                                        .requests = 7,
                                        .since_last_use = Seconds(1.5),
                                        .p99 = Seconds(0.012),
                                        .origin = Origin{.source = "/m/a/3",
                                                         .digest = "sha256:00",
                                                         .loaded_at = now - milliseconds(5),
                                                         .load_took = Seconds(0.25)}},
                                       {.name = "b", .version = 0, .state = "on demand", .since = now}},
                            .memory = {{.device = "cuda:1", .budget_bytes = 10, .used_bytes = 5, .other_bytes = 1}}};
  EXPECT_EQ(listing, expected);
}

TEST(ListingOfTest, MayBeOfOneModelAlone) {
  const Listing listing = ListingOf(Models(), {}, "b");
  ASSERT_EQ(listing.models.size(), 1U);
  EXPECT_EQ(listing.models[0].name, "b");
  EXPECT_TRUE(ListingOf(Models(), {}, "c").models.empty());
}

TEST(ListingOfTest, SaysHowAModelIsRun) {
  std::vector<ModelOverview> models = Models();
  models[0].status.limits = {.threads = 4, .weight = 2, .max_rows = 8, .why_no_more = "as it was set"};
  models[0].running = {.batch_rows = 2, .instances = 3};
  const Running running = *ListingOf(models, {}).models[0].running;
  EXPECT_EQ(running.threads, 4);
  EXPECT_EQ(running.weight, 2);
  EXPECT_EQ(running.max_rows, 8);
  EXPECT_EQ(running.why_no_more_rows, "as it was set");
  EXPECT_EQ(running.batch_rows, 2);
  EXPECT_EQ(running.instances, 3);
}

}  // namespace
}  // namespace trireme::admin
