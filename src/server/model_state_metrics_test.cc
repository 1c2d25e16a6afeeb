// SPDX-License-Identifier: Apache-2.0
#include "server/model_state_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trireme {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

ModelStatus Model(std::string name, int64_t version, ModelState state) {
  return {.id = {.name = std::move(name), .version = version}, .state = state, .reason = "because", .since = {}};
}

std::string Page(std::vector<ModelStatus> models) {
  metrics::Registry registry;
  const metrics::CallbackHandle handle = registry.ReadFamilies([&] { return ModelStateFamilies(models); });
  return registry.Expose();
}

TEST(ModelStateMetrics, HasOneStateForEachVersion) {
  EXPECT_THAT(Page({Model("a", 1, ModelState::kReady), Model("a", 2, ModelState::kLoading)}),
              AllOf(HasSubstr("trireme_model_state{model=\"a\",version=\"1\",state=\"ready\"} 1\n"),
                    HasSubstr("trireme_model_state{model=\"a\",version=\"2\",state=\"loading\"} 1\n"),
                    Not(HasSubstr("state=\"failed\"} 1"))));
}

TEST(ModelStateMetrics, CountsEveryStateThoughThereIsNone) {
  const std::string page = Page({Model("a", 1, ModelState::kReady), Model("b", 1, ModelState::kReady)});
  EXPECT_THAT(
      page, AllOf(HasSubstr("trireme_models{state=\"ready\"} 2\n"), HasSubstr("trireme_models{state=\"failed\"} 0\n")));
  EXPECT_THAT(Page({}), AllOf(HasSubstr("trireme_models{state=\"ready\"} 0\n"), Not(HasSubstr("trireme_model_state"))));
}

TEST(ModelStateMetrics, WhatHasNoVersionHasAnEmptyOneAndNoReason) {
  EXPECT_THAT(Page({Model("a", 0, ModelState::kFailed)}),
              AllOf(HasSubstr("trireme_model_state{model=\"a\",version=\"\",state=\"failed\"} 1\n"),
                    Not(HasSubstr("because"))));
}

TEST(ModelStateMetrics, NamesThatNoLabelCanHoldAreOnlyCounted) {
  const std::string page = Page({Model("\xff", 0, ModelState::kFailed), Model("\xfe", 0, ModelState::kFailed)});
  EXPECT_THAT(page, AllOf(HasSubstr("trireme_models{state=\"failed\"} 2\n"), Not(HasSubstr("trireme_model_state"))));
}

ModelStatus Loaded() {
  ModelStatus model = Model("a", 3, ModelState::kReady);
  const std::chrono::system_clock::time_point loaded{std::chrono::milliseconds(1795266183500)};
  model.since = loaded + std::chrono::seconds(1);
  model.provenance = Provenance{.source = "/secret/a/3", .digest = "sha256:00ff", .loaded_at = loaded};
  model.memory = DeviceBytes::Map{{"cuda:1", 4096}, {"cuda:2", 1}};
  return model;
}

TEST(ModelStateMetrics, SaysWhatServesAndSinceWhen) {
  EXPECT_THAT(Page({Loaded()}),
              AllOf(HasSubstr("trireme_model_info{model=\"a\",version=\"3\",digest=\"sha256:00ff\"} 1\n"),
                    HasSubstr("trireme_model_loaded_timestamp_seconds{model=\"a\",version=\"3\"} 1795266183.5\n"),
                    HasSubstr("trireme_model_state_since_timestamp_seconds{model=\"a\",version=\"3\"} 1795266184.5\n"),
                    HasSubstr("trireme_model_memory_bytes{model=\"a\",version=\"3\",device=\"cuda:1\"} 4096\n"),
                    HasSubstr("trireme_model_memory_bytes{model=\"a\",version=\"3\",device=\"cuda:2\"} 1\n"),
                    Not(HasSubstr("secret"))));
}

TEST(ModelStateMetrics, SaysNothingOfTheMemoryOfWhatIsNotThere) {
  ModelStatus model = Model("a", 3, ModelState::kOnDemand);
  model.memory = DeviceBytes::Map{{"cpu", 4096}};  // that it is expected to take
  EXPECT_THAT(Page({model}), AllOf(Not(HasSubstr("trireme_model_memory_bytes")), Not(HasSubstr("trireme_model_info"))));
}

TEST(ModelStateMetrics, SaysLabelsPinsAndWhatServesInPlaceOfAnother) {
  ModelStatus model = Loaded();
  model.labels = {"canary", "stable"};
  model.pinned = true;
  EXPECT_THAT(Page({model}), AllOf(HasSubstr("trireme_model_label{model=\"a\",version=\"3\",label=\"canary\"} 1\n"),
                                   HasSubstr("trireme_model_label{model=\"a\",version=\"3\",label=\"stable\"} 1\n"),
                                   HasSubstr("trireme_model_pinned{model=\"a\",version=\"3\"} 1\n"),
                                   HasSubstr("trireme_model_reload_failed{model=\"a\",version=\"3\"} 1\n")));
  EXPECT_THAT(Page({Model("a", 1, ModelState::kFailed)}), Not(HasSubstr("trireme_model_reload_failed")));
}

TEST(RefusalMetrics, AreByCode) {
  metrics::Registry registry;
  Refusals refusals{};
  refusals[static_cast<size_t>(StatusCode::kOutOfMemory)] = 3;
  const metrics::CallbackHandle handle = registry.ReadFamilies([&] { return RefusalFamilies(refusals); });
  EXPECT_THAT(registry.Expose(), AllOf(HasSubstr("trireme_requests_refused_total{code=\"out_of_memory\"} 3\n"),
                                       HasSubstr("trireme_requests_refused_total{code=\"not_found\"} 0\n"),
                                       Not(HasSubstr("code=\"ok\""))));
}

TEST(MemoryMetrics, AreOfEachDevice) {
  metrics::Registry registry;
  const std::vector<DeviceMemory> memory = {
      {.device = Device(), .budget_bytes = 100, .used_bytes = 70, .other_bytes = 5},
      {.device = *Device::Parse("cuda:1"), .used_bytes = 8}};
  const metrics::CallbackHandle handle = registry.ReadFamilies([&] { return MemoryFamilies(memory); });
  EXPECT_THAT(registry.Expose(), AllOf(HasSubstr("trireme_memory_budget_bytes{device=\"cpu\"} 100\n"),
                                       HasSubstr("trireme_memory_used_bytes{device=\"cpu\"} 70\n"),
                                       HasSubstr("trireme_memory_other_bytes{device=\"cpu\"} 5\n"),
                                       HasSubstr("trireme_memory_used_bytes{device=\"cuda:1\"} 8\n"),
                                       Not(HasSubstr("trireme_memory_budget_bytes{device=\"cuda:1\"}"))));
}

TEST(MemoryMetrics, CountWhoLeftForOthersAndWhoWaits) {
  metrics::Registry registry;
  const metrics::CallbackHandle handle =
      registry.ReadFamilies([] { return TrafficFamilies({.evictions = 12, .waiting = 3}); });
  EXPECT_THAT(registry.Expose(), AllOf(HasSubstr("trireme_model_evictions_total 12\n"),
                                       HasSubstr("trireme_requests_waiting_for_models 3\n")));
}

}  // namespace
}  // namespace trireme
