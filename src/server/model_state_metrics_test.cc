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

}  // namespace
}  // namespace trireme
