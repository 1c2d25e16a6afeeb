// SPDX-License-Identifier: Apache-2.0
#include "app/models_changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trireme {
namespace {

using admin::ModelEntry;
using admin::Origin;
using testing::ElementsAre;
using testing::IsEmpty;

const ModelEntry kLoading = {.name = "a", .version = 1, .state = "loading"};
const ModelEntry kReady = {.name = "a",
                           .version = 1,
                           .state = "ready",
                           .memory_bytes = 2048,
                           .origin = Origin{.loaded_at = {}, .load_took = admin::Seconds(2)}};

template <typename Change>
ModelEntry With(ModelEntry model, Change change) {
  change(model);
  return model;
}

TEST(ModelChangesTest, AreOfStatesReasonsAndPins) {
  EXPECT_THAT(ModelChanges({kLoading}, {kReady}), ElementsAre("a version 1: ready, 2.0 KiB, loaded in 2.0 s"));
  const ModelEntry failed = With(kLoading, [](ModelEntry& model) {
    model.state = "failed";
    model.reason = "the file is empty";
  });
  EXPECT_THAT(ModelChanges({kLoading}, {failed}), ElementsAre("a version 1: failed (the file is empty)"));
  const ModelEntry stale = With(kReady, [](ModelEntry& model) { model.reason = "cannot be loaded again"; });
  EXPECT_THAT(ModelChanges({kReady}, {stale}), ElementsAre("a version 1: ready (cannot be loaded again)"));
  const ModelEntry pinned = With(kLoading, [](ModelEntry& model) { model.pinned = true; });
  EXPECT_THAT(ModelChanges({kLoading}, {pinned}), ElementsAre("a version 1: loading, pinned"));
}

TEST(ModelChangesTest, AreOfVersionsThatComeAndGo) {
  EXPECT_THAT(ModelChanges({}, {kLoading}), ElementsAre("a version 1: loading"));
  EXPECT_THAT(ModelChanges({kLoading}, {}), ElementsAre("a version 1: gone"));
}

TEST(ModelChangesTest, AreOfLabels) {
  const ModelEntry one = With(kLoading, [](ModelEntry& model) { model.labels = {"stable"}; });
  const ModelEntry two = With(kLoading, [](ModelEntry& model) { model.version = 2; });
  const ModelEntry one_without = kLoading;
  const ModelEntry two_with = With(two, [](ModelEntry& model) { model.labels = {"stable"}; });
  EXPECT_THAT(
      ModelChanges({one, two}, {one_without, two_with}),
      ElementsAre("a version 1: label stable does not lead here any more", "a version 2: label stable leads here"));
  EXPECT_THAT(ModelChanges({}, {one}), ElementsAre("a version 1: loading", "a version 1: label stable leads here"));
}

TEST(ModelChangesTest, SeeALoadThatWasQuickerThanTheLooks) {
  const ModelEntry again = With(kReady, [](ModelEntry& model) { model.origin->loaded_at += std::chrono::seconds(1); });
  EXPECT_THAT(ModelChanges({kReady}, {again}), ElementsAre("a version 1: ready, 2.0 KiB, loaded in 2.0 s"));
}

TEST(ModelChangesTest, AreNotOfWhatCountsAllTheTime) {
  const ModelEntry used = With(kReady, [](ModelEntry& model) {
    model.requests = 12;
    model.since_last_use = model.p99 = admin::Seconds(1);
    model.memory_bytes = 4096;
  });
  EXPECT_THAT(ModelChanges({kReady}, {used}), IsEmpty());
  EXPECT_THAT(ModelChanges({}, {}), IsEmpty());
}

}  // namespace
}  // namespace trireme
