// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/testing/temp_dir.h"
#include "lifecycle/lifecycle.h"
#include "lifecycle/testing/fake_models.h"

namespace trireme {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;
using testing::UnorderedElementsAre;

// What a model without weights takes, and what is expected of one without files.
constexpr size_t kModelBytes = size_t{256} << 10;

// Room for two.
MemoryRules RoomForTwo() {
  return {.budgets = {{"cpu", 2 * kModelBytes + kModelBytes / 2}}, .on_demand = true};
}

// What runs left behind, and the process has beside its models.
struct Leftovers {
  std::atomic<uint64_t> bytes = uint64_t{1} << 30;
  std::atomic<int> releases = 0;

  MemoryRules Under(MemoryRules rules) {
    rules.allocated_bytes = [this] { return std::optional<uint64_t>(bytes.load()); };
    rules.release_idle = [this] {
      ++releases;
      bytes = 0;
    };
    return rules;
  }
};

class LifecycleMemoryTest : public testing::Test {
 protected:
  static RepositoryScan Scan(std::vector<ModelEntry> models) { return {.models = std::move(models), .notes = {}}; }

  void Begin(const MemoryRules& rules, const std::vector<ModelEntry>& models, Duration load_timeout = Duration{0}) {
    lifecycle_ = std::make_unique<Lifecycle>(
        Lifecycle::Options{.memory = rules, .required_models = required_, .load_timeout = load_timeout}, models_.loader,
        models_.log);
    Settle(models);
  }
  void Settle(const std::vector<ModelEntry>& models) {
    lifecycle_->SetDesired(Scan(models));
    lifecycle_->WaitUntilSettled();
  }
  ModelStatus StatusOf(const std::string& name, int64_t version = 1) {
    return StatusIn(*lifecycle_->table(), name, version);
  }
  ModelState StateOf(const std::string& name, int64_t version = 1) { return StatusOf(name, version).state; }
  std::vector<std::string> InMemory() {
    std::vector<std::string> names;
    const std::shared_ptr<const ServingTable> table = lifecycle_->table();
    for (const auto& [name, versions] : table->ready) names.push_back(name);
    return names;
  }
  using Answer = std::shared_ptr<std::promise<Status>>;  // shared with the callback
  std::future<Status> Ask(const std::string& name, const VersionChoice& version = {}, TimePoint deadline = kNever) {
    const Answer answer = std::make_shared<std::promise<Status>>();
    std::future<Status> future = answer->get_future();
    lifecycle_->WhenLoaded(name, version, deadline, [answer](Status status) { answer->set_value(std::move(status)); });
    return future;
  }
  Status Operate(void (Lifecycle::*what)(const std::string&, Lifecycle::Settled), const std::string& name) {
    const Answer answer = std::make_shared<std::promise<Status>>();
    (*lifecycle_.*what)(name, [answer](Status status) { answer->set_value(std::move(status)); });
    Status status = answer->get_future().get();
    lifecycle_->WaitUntilSettled();
    return status;
  }

  std::vector<std::string> required_;
  Leftovers left_;
  FakeModels models_{FakeOptions{.weight_bytes = 0}};
  FakeScript& script_ = *models_.script;
  std::unique_ptr<Lifecycle> lifecycle_;
};

TEST_F(LifecycleMemoryTest, LoadsAtTheStartWhatFits) {
  Begin(RoomForTwo(), {FakeEntry("a"), FakeEntry("b"), FakeEntry("c")});
  EXPECT_THAT(InMemory(), UnorderedElementsAre("a", "b"));
  EXPECT_EQ(StateOf("c"), ModelState::kOnDemand);
  EXPECT_TRUE(lifecycle_->started());
  EXPECT_EQ(lifecycle_->memory().at("cpu").used_bytes, 2 * kModelBytes);
}

TEST_F(LifecycleMemoryTest, LoadsNothingBeforeItIsAskedForIfThatIsWanted) {
  MemoryRules rules = RoomForTwo();
  rules.lazy = true;
  Begin(rules, {FakeEntry("a"), FakeEntry("b")});
  EXPECT_EQ(script_.opens(), 0);
  EXPECT_TRUE(lifecycle_->started());
  EXPECT_TRUE(Ask("b").get().ok());
  EXPECT_THAT(InMemory(), UnorderedElementsAre("b"));
}

TEST_F(LifecycleMemoryTest, SomebodyGoesForAModelThatIsAskedFor) {
  Begin(RoomForTwo(), {FakeEntry("a"), FakeEntry("b"), FakeEntry("c")});
  EXPECT_TRUE(Ask("c").get().ok());
  lifecycle_->WaitUntilSettled();
  EXPECT_EQ(InMemory().size(), 2U);
  EXPECT_EQ(StateOf("c"), ModelState::kReady);
  EXPECT_EQ(script_.open_models(), 2);
}

TEST_F(LifecycleMemoryTest, LoadsOnceForAllWhoWait) {
  Begin(RoomForTwo(), {FakeEntry("a"), FakeEntry("b"), FakeEntry("c")});
  std::vector<std::future<Status>> answers;
  for (int i = 0; i < 20; ++i) answers.push_back(Ask("c"));
  for (std::future<Status>& answer : answers) EXPECT_TRUE(answer.get().ok());
  EXPECT_EQ(script_.opens(), 3);
}

TEST_F(LifecycleMemoryTest, EverybodyGetsHisTurn) {
  std::vector<ModelEntry> all;
  for (int i = 0; i < 6; ++i) all.push_back(FakeEntry("m" + std::to_string(i)));
  Begin(RoomForTwo(), all);
  std::vector<std::future<Status>> answers;
  for (const ModelEntry& entry : all) answers.push_back(Ask(entry.id.name));
  for (std::future<Status>& answer : answers) EXPECT_TRUE(answer.get().ok());
}

TEST_F(LifecycleMemoryTest, WhatRunsLeftGoesBeforeAModelDoes) {
  MemoryRules rules = RoomForTwo();
  rules.lazy = true;
  Begin(left_.Under(rules), {FakeEntry("a"), FakeEntry("b")});
  EXPECT_TRUE(Ask("a").get().ok());
  EXPECT_TRUE(Ask("b").get().ok());
  lifecycle_->WaitUntilSettled();
  EXPECT_THAT(InMemory(), UnorderedElementsAre("a", "b"));
  EXPECT_EQ(lifecycle_->evictions(), 0U);
  EXPECT_GE(left_.releases, 1);
}

TEST_F(LifecycleMemoryTest, NobodyIsRefusedForWhatRunsLeft) {
  MemoryRules rules = RoomForTwo();
  rules.on_demand = false;
  Begin(left_.Under(rules), {FakeEntry("a"), FakeEntry("b")});
  EXPECT_THAT(InMemory(), UnorderedElementsAre("a", "b"));
}

TEST_F(LifecycleMemoryTest, WhoIsPinnedStays) {
  MemoryRules rules = RoomForTwo();
  rules.pinned = {"a"};
  Begin(rules, {FakeEntry("a"), FakeEntry("b"), FakeEntry("c"), FakeEntry("d")});
  EXPECT_TRUE(Ask("c").get().ok());
  EXPECT_TRUE(Ask("d").get().ok());
  EXPECT_EQ(StateOf("a"), ModelState::kReady);
  EXPECT_TRUE(StatusOf("a").pinned);
}

TEST_F(LifecycleMemoryTest, SaysWhoHoldsTheMemoryWhenNobodyMayGo) {
  MemoryRules rules = RoomForTwo();
  rules.pinned = {"a", "b"};
  Begin(rules, {FakeEntry("a"), FakeEntry("b"), FakeEntry("c")});
  const Status refused = Ask("c").get();
  EXPECT_EQ(refused.code(), StatusCode::kOutOfMemory);
  EXPECT_THAT(refused.message(), HasSubstr("a/1 holds 256 KiB, b/1 holds 256 KiB"));
  EXPECT_EQ(StateOf("c"), ModelState::kOnDemand);
  EXPECT_THAT(StatusOf("c").reason, HasSubstr("no room"));
  // And once somebody may go it is served.
  EXPECT_TRUE(lifecycle_->SetPinned("a", false).ok());
  EXPECT_TRUE(Ask("c").get().ok());
}

TEST_F(LifecycleMemoryTest, APinBringsAModelIntoMemory) {
  Begin(RoomForTwo(), {FakeEntry("a"), FakeEntry("b"), FakeEntry("c")});
  EXPECT_TRUE(lifecycle_->SetPinned("c", true).ok());
  lifecycle_->WaitUntilSettled();
  EXPECT_EQ(StateOf("c"), ModelState::kReady);
  EXPECT_EQ(lifecycle_->SetPinned("nobody", true).code(), StatusCode::kNotFound);
}

TEST_F(LifecycleMemoryTest, WhoseTimeRunsOutIsToldSo) {
  Begin(RoomForTwo(), {FakeEntry("a"), FakeEntry("b"), FakeEntry("c")});
  script_.Hold();
  std::future<Status> late = Ask("c", {}, Clock::System().Now() + milliseconds(1));
  EXPECT_EQ(late.get().code(), StatusCode::kDeadlineExceeded);
  script_.Release();
  EXPECT_TRUE(Ask("c").get().ok());
}

TEST_F(LifecycleMemoryTest, WhatCannotBeLoadedSaysWhy) {
  Begin(RoomForTwo(), {FakeEntry("a"), FakeEntry("b")});
  Settle({FakeEntry("a"), FakeEntry("b"), FakeEntry("bad")});
  const Status failed = Ask("bad").get();
  EXPECT_EQ(failed.code(), StatusCode::kUnavailable);
  EXPECT_THAT(failed.message(), HasSubstr("bad.onnx is bad"));
  EXPECT_EQ(Ask("nobody").get().code(), StatusCode::kNotFound);
  EXPECT_EQ(Ask("a", 7).get().code(), StatusCode::kNotFound);
}

TEST_F(LifecycleMemoryTest, WithoutLoadingOnDemandWhatDoesNotFitHasFailed) {
  MemoryRules rules = RoomForTwo();
  rules.on_demand = false;
  Begin(rules, {FakeEntry("a"), FakeEntry("b"), FakeEntry("c")});
  EXPECT_EQ(StateOf("c"), ModelState::kFailed);
  EXPECT_THAT(StatusOf("c").reason, HasSubstr("no room in memory for model 'c'"));
  EXPECT_THAT(InMemory(), UnorderedElementsAre("a", "b"));
  EXPECT_EQ(Ask("c").get().code(), StatusCode::kUnavailable);
  // There is room again, and somebody asks for it again.
  Settle({FakeEntry("b"), FakeEntry("c")});
  EXPECT_TRUE(Operate(&Lifecycle::LoadNow, "c").ok());
  EXPECT_THAT(InMemory(), UnorderedElementsAre("b", "c"));
}

TEST_F(LifecycleMemoryTest, AnOperatorUnloadsAndTheNextRequestLoads) {
  Begin(RoomForTwo(), {FakeEntry("a")});
  EXPECT_TRUE(Operate(&Lifecycle::UnloadNow, "a").ok());
  EXPECT_EQ(StateOf("a"), ModelState::kOnDemand);
  EXPECT_EQ(script_.open_models(), 0);
  EXPECT_TRUE(Ask("a").get().ok());
  EXPECT_EQ(Operate(&Lifecycle::UnloadNow, "nobody").code(), StatusCode::kNotFound);
}

TEST_F(LifecycleMemoryTest, WithoutLoadingOnDemandWhatIsUnloadedStaysOut) {
  Begin({}, {FakeEntry("a")});
  EXPECT_TRUE(Operate(&Lifecycle::UnloadNow, "a").ok());
  EXPECT_EQ(StateOf("a"), ModelState::kRetired);
  Settle({FakeEntry("a")});
  EXPECT_EQ(StateOf("a"), ModelState::kRetired);
  EXPECT_TRUE(Operate(&Lifecycle::LoadNow, "a").ok());
  EXPECT_EQ(StateOf("a"), ModelState::kReady);
}

TEST_F(LifecycleMemoryTest, IdleModelsLeave) {
  MemoryRules rules = RoomForTwo();
  rules.idle_timeout = milliseconds(1);
  rules.pinned = {"b"};
  Begin(rules, {FakeEntry("a"), FakeEntry("b")});
  while (StateOf("a") != ModelState::kOnDemand) std::this_thread::yield();
  EXPECT_EQ(StateOf("b"), ModelState::kReady);
}

TEST_F(LifecycleMemoryTest, ANewerVersionComesBesideTheOldIfThereIsRoom) {
  Begin(RoomForTwo(), {FakeEntry("m", 1)});
  script_.Hold();
  lifecycle_->SetDesired(Scan({FakeEntry("m", 2)}));
  script_.WaitUntilHeld(1);
  EXPECT_EQ(StateOf("m", 1), ModelState::kReady);
  script_.Release();
  lifecycle_->WaitUntilSettled();
  EXPECT_EQ(StateOf("m", 2), ModelState::kReady);
}

MemoryRules RoomForOne() {
  return {.budgets = {{"cpu", kModelBytes + kModelBytes / 2}}, .on_demand = true};
}

TEST_F(LifecycleMemoryTest, ANewerVersionReplacesTheOldIfThereIsRoomForOne) {
  Begin(RoomForOne(), {FakeEntry("m", 1)});
  Settle({FakeEntry("m", 2)});
  EXPECT_EQ(StateOf("m", 2), ModelState::kReady);
  EXPECT_EQ(script_.open_models(), 1);
}

TEST_F(LifecycleMemoryTest, TheOldVersionComesBackIfTheNewerOneThatReplacedItFails) {
  Begin(RoomForOne(), {FakeEntry("m", 1)});
  ModelEntry bad = FakeEntry("m", 2);
  bad.path = "/models/bad.onnx";
  Settle({bad});
  EXPECT_EQ(StateOf("m", 2), ModelState::kFailed);
  EXPECT_EQ(StateOf("m", 1), ModelState::kReady);
  EXPECT_EQ((*lifecycle_->table()->Find("m", {}))->id.version, 1);
}

TEST_F(LifecycleMemoryTest, WhatServesGoesOnIfThereIsNoRoomToReplaceItByItself) {
  Begin(RoomForOne(), {FakeEntry("m", 1, 1)});
  Settle({FakeEntry("m", 1, 2)});
  EXPECT_EQ(StateOf("m"), ModelState::kReady);
  EXPECT_EQ(script_.opens(), 1);
  EXPECT_THAT(StatusOf("m").reason, HasSubstr("reload failed: no room in memory"));
}

// Its weights are those that serve: a reload takes next to nothing beside them.
TEST_F(LifecycleMemoryTest, AnotherConfigNeedsNoRoomForTheWeightsOnceMore) {
  constexpr uint64_t kWeights = uint64_t{8} << 20;
  FakeModels models(FakeOptions{.weight_bytes = kWeights});
  Lifecycle lifecycle({.memory = {.budgets = {{"cpu", kWeights * 3 / 2}}}}, models.loader, models.log);
  const auto settle = [&](uint64_t fingerprint, uint64_t weights) {
    ModelEntry entry = FakeEntry("a", 1, fingerprint);
    entry.weights_fingerprint = weights;
    entry.file_bytes = kWeights;
    lifecycle.SetDesired(Scan({entry}));
    lifecycle.WaitUntilSettled();
    return StatusIn(*lifecycle.table(), "a").reason;
  };
  EXPECT_EQ(settle(1, 1), "");
  EXPECT_THAT(settle(2, 2), HasSubstr("reload failed"));
  EXPECT_EQ(settle(3, 1), "");
}

// One has the weights, and the others next to nothing: nobody has to go for them.
TEST_F(LifecycleMemoryTest, TwinsHaveRoomBesideOneAnother) {
  constexpr uint64_t kWeights = uint64_t{8} << 20;
  const TempDir folder;
  std::vector<ModelEntry> entries;
  for (const char* name : {"a", "b", "c"}) {
    ModelEntry entry = FakeEntry(name);
    entry.path = folder.Write(std::string(name) + "/1/model.onnx", "the same");
    entry.folder = folder / name;
    entry.version_folder = folder / name / "1";
    entry.file_bytes = kWeights;
    entries.push_back(entry);
  }
  FakeModels models(FakeOptions{.weight_bytes = kWeights});
  Lifecycle lifecycle({.memory = {.budgets = {{"cpu", kWeights * 3 / 2}}, .on_demand = true}}, models.loader,
                      models.log);
  lifecycle.SetDesired(Scan(entries));
  lifecycle.WaitUntilSettled();
  for (const char* name : {"a", "b", "c", "a"}) {
    std::promise<Status> loaded;
    lifecycle.WhenLoaded(name, {}, kNever, [&](const Status& status) { loaded.set_value(status); });
    EXPECT_TRUE(loaded.get_future().get().ok());
  }
  lifecycle.WaitUntilSettled();
  EXPECT_EQ(lifecycle.table()->ready.size(), 3U);
  EXPECT_EQ(lifecycle.evictions(), 0U);
}

TEST_F(LifecycleMemoryTest, RequestsWaitWhileAVersionReplacesAnother) {
  Begin(RoomForOne(), {FakeEntry("m", 1)});
  script_.Hold();
  lifecycle_->SetDesired(Scan({FakeEntry("m", 2)}));
  script_.WaitUntilHeld(1);  // the newer one's trial run; the older one has gone
  EXPECT_EQ(lifecycle_->table()->Find("m", {}).status().code(), StatusCode::kUnavailable);
  std::future<Status> waits = Ask("m");
  script_.Release();
  EXPECT_TRUE(waits.get().ok());
  EXPECT_EQ((*lifecycle_->table()->Find("m", {}))->id.version, 2);
}

TEST_F(LifecycleMemoryTest, SettlesWithoutAJobWhenWhoAsksIsLetGo) {
  MemoryRules rules = RoomForTwo();
  rules.pinned = {"a", "b"};
  Begin(rules, {FakeEntry("a"), FakeEntry("b"), FakeEntry("c")});
  std::thread waiter([&] { lifecycle_->WaitUntilSettled(); });
  lifecycle_->Close();
  waiter.join();
}

TEST_F(LifecycleMemoryTest, IsNotStartedBeforeWhatIsRequiredServes) {
  required_ = {"bad"};
  Begin(RoomForTwo(), {FakeEntry("a"), FakeEntry("bad")});
  EXPECT_FALSE(lifecycle_->started());
  EXPECT_THAT(lifecycle_->WhyNotStarted().message(), HasSubstr("'bad', which is required"));
  ModelEntry mended = FakeEntry("bad", 1, 2);
  mended.path = "/models/good.onnx";
  Settle({FakeEntry("a"), mended});
  EXPECT_TRUE(lifecycle_->started());
}

TEST_F(LifecycleMemoryTest, WhatIsRequiredIsLoadedBeforeWhatMerelyFits) {
  required_ = {"c"};
  Begin(RoomForTwo(), {FakeEntry("a"), FakeEntry("b"), FakeEntry("c")});
  EXPECT_EQ(StateOf("c"), ModelState::kReady);
  EXPECT_EQ(InMemory().size(), 2U);
}

TEST_F(LifecycleMemoryTest, WhatIsRequiredStays) {
  required_ = {"a", "b"};
  MemoryRules rules = RoomForTwo();
  rules.required = required_;
  Begin(rules, {FakeEntry("a"), FakeEntry("b"), FakeEntry("c")});
  EXPECT_TRUE(lifecycle_->started());
  EXPECT_EQ(Ask("c").get().code(), StatusCode::kOutOfMemory);
  EXPECT_THAT(InMemory(), UnorderedElementsAre("a", "b"));
}

TEST_F(LifecycleMemoryTest, SaysWhyWhatIsRequiredDoesNotServe) {
  required_ = {"a", "b", "c", "nowhere"};
  MemoryRules rules = RoomForTwo();
  rules.required = required_;
  Begin(rules, {FakeEntry("a"), FakeEntry("b"), FakeEntry("c")});
  EXPECT_FALSE(lifecycle_->started());
  EXPECT_THAT(lifecycle_->WhyNotStarted().message(),
              AllOf(HasSubstr("model 'c', which is required, does not serve: version 1 is on demand: no room"),
                    HasSubstr("'nowhere', which is required, does not serve: there is no such model")));
}

TEST_F(LifecycleMemoryTest, WhatCanNeverFitIsNotWithinReach) {
  MemoryRules rules = RoomForTwo();
  rules.lazy = true;
  ModelEntry large = FakeEntry("large");
  large.file_bytes = uint64_t{64} << 20;
  Begin(rules, {FakeEntry("a"), large});
  EXPECT_TRUE(StatusOf("large").too_large);
  EXPECT_THAT(StatusOf("large").reason, HasSubstr("more than the whole budget"));
  EXPECT_FALSE(StatusOf("a").too_large);
}

TEST_F(LifecycleMemoryTest, WhoIsPinnedIsNotUnloaded) {
  Begin(RoomForTwo(), {FakeEntry("a")});
  ASSERT_TRUE(lifecycle_->SetPinned("a", true).ok());
  EXPECT_THAT(Operate(&Lifecycle::UnloadNow, "a").message(), HasSubstr("unpin it first"));
  EXPECT_EQ(StateOf("a"), ModelState::kReady);
}

TEST_F(LifecycleMemoryTest, ALoadHasNoMoreTimeThanItsModelIsGiven) {
  Begin({.on_demand = true}, {});
  script_.Hold();
  ModelEntry entry = FakeEntry("slow");
  entry.load_timeout = milliseconds(20);
  lifecycle_->SetDesired(Scan({entry}));
  script_.WaitUntilHeld(1);
  while (StateOf("slow") != ModelState::kFailed) std::this_thread::yield();
  EXPECT_THAT(StatusOf("slow").reason, HasSubstr("has not ended in time"));
  script_.Release();
}

TEST_F(LifecycleMemoryTest, ALoadThatDoesNotEndHasFailedAndHoldsUpNobody) {
  Begin({.on_demand = true}, {}, milliseconds(300));
  script_.Hold();
  lifecycle_->SetDesired(Scan({FakeEntry("slow")}));
  script_.WaitUntilHeld(1);
  while (StateOf("slow") != ModelState::kFailed) std::this_thread::yield();
  EXPECT_THAT(StatusOf("slow").reason, HasSubstr("has not ended in time"));
  EXPECT_FALSE(lifecycle_->settled());  // its thread is still there
  EXPECT_EQ(lifecycle_->memory().at("cpu").used_bytes, kModelBytes) << "and so is what it was promised";
  // Nobody knows how many there would be if it were tried again and again.
  const Answer again = std::make_shared<std::promise<Status>>();
  lifecycle_->LoadNow("slow", [again](Status status) { again->set_value(std::move(status)); });
  EXPECT_THAT(again->get_future().get().message(), HasSubstr("an earlier load of this model has not ended yet"));
  script_.Release();
  while (script_.open_models() > 0 || !lifecycle_->settled()) std::this_thread::yield();
  EXPECT_EQ(StateOf("slow"), ModelState::kFailed);
  EXPECT_TRUE(Operate(&Lifecycle::LoadNow, "slow").ok());
  EXPECT_EQ(StateOf("slow"), ModelState::kReady);
}

TEST_F(LifecycleMemoryTest, WhatALoadThatWasGivenUpBringsIsNotTakenForALaterOne) {
  Begin({.on_demand = false}, {}, milliseconds(300));
  script_.Hold();
  lifecycle_->SetDesired(Scan({FakeEntry("slow")}));
  script_.WaitUntilHeld(1);
  while (StateOf("slow") != ModelState::kFailed) std::this_thread::yield();
  lifecycle_->SetDesired(Scan({}));
  while (!lifecycle_->table()->statuses.empty()) std::this_thread::yield();
  EXPECT_EQ(lifecycle_->memory().at("cpu").used_bytes, kModelBytes) << "it is forgotten, and loads all the same";
  lifecycle_->SetDesired(Scan({FakeEntry("slow", 1, 2)}));
  EXPECT_EQ(StateOf("slow"), ModelState::kFailed);
  EXPECT_THAT(StatusOf("slow").reason, HasSubstr("an earlier load of this model has not ended yet"));
  script_.Release();
  // Its turn has come, and nobody has to ask for it.
  while (StateOf("slow") != ModelState::kReady || !lifecycle_->settled()) std::this_thread::yield();
  EXPECT_EQ(script_.opens(), 2);
  EXPECT_EQ(script_.open_models(), 1);
  EXPECT_EQ(lifecycle_->memory().at("cpu").used_bytes, kModelBytes);
}

TEST_F(LifecycleMemoryTest, WhoWaitsForOneThatIsNotWantedAnyMoreWaitsForItsEnd) {
  MemoryRules rules = RoomForTwo();
  rules.budgets = {{"cpu", kModelBytes + kModelBytes / 2}};
  rules.lazy = true;
  Begin(rules, {FakeEntry("slow"), FakeEntry("other")});
  script_.Hold();
  std::future<Status> slow = Ask("slow");
  script_.WaitUntilHeld(1);
  std::future<Status> other = Ask("other");
  lifecycle_->SetDesired(Scan({FakeEntry("other")}));
  EXPECT_FALSE(slow.get().ok());
  EXPECT_EQ(other.wait_for(milliseconds(0)), std::future_status::timeout);
  script_.Release();
  EXPECT_TRUE(other.get().ok());
}

TEST_F(LifecycleMemoryTest, AModelThatIsAskedForWhileItDrainsComesBack) {
  Begin(RoomForTwo(), {FakeEntry("a")});
  std::shared_ptr<ServedModel> reader = *lifecycle_->table()->Find("a", {});  // so that it drains until then
  std::promise<void> unloaded;
  lifecycle_->UnloadNow("a", [&](const Status&) { unloaded.set_value(); });
  const Answer back = std::make_shared<std::promise<Status>>();
  lifecycle_->LoadNow("a", [back](Status status) { back->set_value(std::move(status)); });
  reader.reset();
  EXPECT_TRUE(back->get_future().get().ok());
  unloaded.get_future().get();
  EXPECT_EQ(StateOf("a"), ModelState::kReady);
}

TEST_F(LifecycleMemoryTest, AModelThatIsUnloadedWhileItLoadsLeavesWhenItHasCome) {
  MemoryRules rules = RoomForTwo();
  rules.lazy = true;
  Begin(rules, {FakeEntry("a")});
  script_.Hold();
  std::future<Status> asked = Ask("a");
  script_.WaitUntilHeld(1);
  const Answer gone = std::make_shared<std::promise<Status>>();
  lifecycle_->UnloadNow("a", [gone](Status status) { gone->set_value(std::move(status)); });
  script_.Release();
  EXPECT_TRUE(gone->get_future().get().ok());
  (void)asked.get();
  lifecycle_->WaitUntilSettled();
  EXPECT_EQ(StateOf("a"), ModelState::kOnDemand);
}

TEST_F(LifecycleMemoryTest, AGoodModelComesBackWhateverWentWrongAtOneMoment) {
  Begin(RoomForTwo(), {FakeEntry("a")});
  EXPECT_TRUE(Operate(&Lifecycle::UnloadNow, "a").ok());
  script_.FailOpensWith(InvalidArgument("no memory for it"));
  const Status failed = Ask("a").get();
  EXPECT_EQ(failed.code(), StatusCode::kUnavailable);
  EXPECT_THAT(failed.message(), HasSubstr("the last load failed: no memory for it"));
  EXPECT_EQ(StateOf("a"), ModelState::kOnDemand);
  EXPECT_THAT(StatusOf("a").reason, HasSubstr("no memory for it"));
  const int opens = script_.opens();
  EXPECT_EQ(Ask("a").get().code(), StatusCode::kUnavailable);  // a moment later nobody tries again
  EXPECT_EQ(script_.opens(), opens);
  EXPECT_THAT(Operate(&Lifecycle::LoadNow, "a").message(), HasSubstr("no memory for it"));  // an operator may
  script_.FailOpensWith({});
  EXPECT_TRUE(Operate(&Lifecycle::LoadNow, "a").ok());
  EXPECT_EQ(StateOf("a"), ModelState::kReady);
}

TEST_F(LifecycleMemoryTest, AnOlderVersionAnswersWhileTheLastLoadOfTheNewestFailed) {
  MemoryRules rules = RoomForTwo();
  rules.lazy = true;
  Begin(rules, {FakeEntry("m", 1), FakeEntry("m", 2)});
  EXPECT_TRUE(Ask("m", 1).get().ok());
  script_.FailOpensWith(NotFound("its files are gone"));
  EXPECT_TRUE(Ask("m").get().ok());
  EXPECT_EQ((*lifecycle_->table()->Find("m", {}))->id.version, 1);
  EXPECT_THAT(Ask("m", 2).get().message(), HasSubstr("its files are gone"));  // that is what was asked for
  script_.FailOpensWith({});
  EXPECT_TRUE(Operate(&Lifecycle::LoadNow, "m").ok());
  EXPECT_EQ((*lifecycle_->table()->Find("m", {}))->id.version, 2);
}

TEST_F(LifecycleMemoryTest, AnOlderVersionIsLoadedWhereTheNewestCannotBe) {
  MemoryRules rules = RoomForTwo();
  rules.lazy = true;
  ModelEntry bad = FakeEntry("m", 2);
  bad.path = "/models/bad.onnx";
  Begin(rules, {FakeEntry("m", 1), bad});
  EXPECT_TRUE(Ask("m").get().ok());
  EXPECT_EQ((*lifecycle_->table()->Find("m", {}))->id.version, 1);
}

// Whoever looks at the repositories, turned by hand.
class LookingTest : public LifecycleMemoryTest {
 protected:
  // A version is on demand, and its next load fails.
  void BeginWithAFailure() {
    MemoryRules rules = RoomForTwo();
    rules.lazy = true;
    Begin(rules, {FakeEntry("m", 2)});
    lifecycle_->SetLookAgain([this] { asked_.set_value(); });
    script_.FailOpensWith(NotFound("its files are gone"));
  }
  void WaitUntilALookIsAskedFor() {
    asked_.get_future().wait();
    lifecycle_->WaitUntilSettled();
  }
  static bool Waits(const std::future<Status>& answer) {
    return answer.wait_for(std::chrono::seconds(0)) == std::future_status::timeout;
  }

  std::promise<void> asked_;
};

TEST_F(LookingTest, AFailedLoadWaitsForALookAndIsAnsweredByWhatThatFinds) {
  BeginWithAFailure();
  std::future<Status> first = Ask("m");
  WaitUntilALookIsAskedFor();
  std::future<Status> second = Ask("m");
  EXPECT_TRUE(Waits(first));
  EXPECT_TRUE(Waits(second));
  script_.FailOpensWith({});
  Settle({FakeEntry("m", 1)});
  EXPECT_TRUE(first.get().ok());
  EXPECT_TRUE(second.get().ok());
  EXPECT_EQ((*lifecycle_->table()->Find("m", {}))->id.version, 1);
}

TEST_F(LookingTest, AFailedLoadIsTriedAgainIfTheLookFindsOtherFiles) {
  BeginWithAFailure();
  std::future<Status> waits = Ask("m");
  WaitUntilALookIsAskedFor();
  script_.FailOpensWith({});
  Settle({FakeEntry("m", 2, /*fingerprint=*/7)});
  EXPECT_TRUE(waits.get().ok());
}

TEST_F(LookingTest, AFailedLoadHasFailedIfTheLookFindsNothingNew) {
  BeginWithAFailure();
  const TimePoint before = Clock::System().Now();
  std::future<Status> waits = Ask("m");
  WaitUntilALookIsAskedFor();
  lifecycle_->HasLooked(before);  // which says nothing of what happened after it
  EXPECT_TRUE(Waits(waits));
  lifecycle_->HasLooked(Clock::System().Now());
  EXPECT_THAT(waits.get().message(), HasSubstr("its files are gone"));
}

TEST_F(LookingTest, NobodyWaitsForALookLongerThanItsTimeOrThanSomebodyLooks) {
  BeginWithAFailure();
  std::future<Status> late = Ask("m", {}, Clock::System().Now() + milliseconds(1));
  std::future<Status> waits = Ask("m");
  EXPECT_EQ(late.get().code(), StatusCode::kDeadlineExceeded);
  WaitUntilALookIsAskedFor();
  lifecycle_->SetLookAgain(nullptr);
  EXPECT_EQ(waits.get().code(), StatusCode::kUnavailable);
}

TEST_F(LifecycleMemoryTest, LabelsLeadToVersions) {
  Begin({}, {FakeEntry("m", 1), FakeEntry("m", 2)});
  const auto found = [&](const std::string& label) {
    const auto model = lifecycle_->table()->Find("m", VersionChoice::OfLabel(label));
    return model.ok() ? (*model)->id.version : 0;
  };
  EXPECT_EQ(lifecycle_->table()->Find("m", VersionChoice::OfLabel("stable")).status().code(), StatusCode::kNotFound);
  EXPECT_TRUE(lifecycle_->SetLabel("m", "stable", 1).ok());
  EXPECT_TRUE(lifecycle_->SetLabel("m", "canary", 2).ok());
  EXPECT_EQ(found("stable"), 1);
  EXPECT_EQ(found("canary"), 2);
  EXPECT_EQ(StatusOf("m", 1).labels, std::vector<std::string>{"stable"});
  EXPECT_TRUE(lifecycle_->SetLabel("m", "stable", 2).ok());
  EXPECT_EQ(found("stable"), 2);
  EXPECT_TRUE(lifecycle_->SetLabel("m", "canary", std::nullopt).ok());
  EXPECT_EQ(found("canary"), 0);
  EXPECT_EQ(lifecycle_->SetLabel("m", "canary", std::nullopt).code(), StatusCode::kNotFound);
  EXPECT_EQ(lifecycle_->SetLabel("m", "x", 9).code(), StatusCode::kNotFound);
  EXPECT_EQ(lifecycle_->SetLabel("n", "x", 1).code(), StatusCode::kNotFound);
  EXPECT_EQ(lifecycle_->SetLabel("m", "1", 1).code(), StatusCode::kInvalidArgument);
}

TEST_F(LifecycleMemoryTest, ListsTheVersionThatALabelWaitsFor) {
  ModelEntry one = FakeEntry("m", 1);
  one.version_labels = {{"canary", 4}, {"next", 4}, {"stable", 1}};
  Begin({}, {one});
  const ModelStatus awaited = StatusOf("m", 4);
  EXPECT_EQ(awaited.state, ModelState::kAwaited);
  EXPECT_THAT(awaited.reason, StartsWith("labels 'canary', 'next' wait for version 4, which is not there"));
  EXPECT_THAT(awaited.labels, ElementsAre("canary", "next"));
  EXPECT_THAT(StatusOf("m", 1).labels, ElementsAre("stable"));
  const Status found = lifecycle_->table()->Find("m", VersionChoice::OfLabel("canary")).status();
  EXPECT_EQ(found.code(), StatusCode::kNotFound);
  EXPECT_THAT(found.message(), HasSubstr("version 'canary' is not found: labels 'canary', 'next' wait"));
  EXPECT_EQ(lifecycle_->table()->Find("m", 4).status().message(),
            "Request for unknown model: 'm' version 4 is not found");

  ModelEntry four = FakeEntry("m", 4);
  four.version_labels = one.version_labels;
  Settle({one, four});
  EXPECT_EQ(StateOf("m", 4), ModelState::kReady);
  EXPECT_THAT(StatusOf("m", 4).labels, ElementsAre("canary", "next"));
  Settle({});
  EXPECT_TRUE(lifecycle_->table()->statuses.empty()) << "nobody waits for versions of what is not wanted";
}

TEST_F(LifecycleMemoryTest, AMovedLabelStaysAndItsNextVersionIsListed) {
  ModelEntry one = FakeEntry("m", 1);
  one.version_labels = {{"stable", 1}};
  Begin({}, {one});
  one.version_labels = {{"stable", 2}};
  Settle({one});
  EXPECT_THAT(StatusOf("m", 1).labels, ElementsAre("stable"));
  EXPECT_THAT(StatusOf("m", 2).reason, StartsWith("label 'stable' waits for version 2, which is not there"));
  EXPECT_EQ((*lifecycle_->table()->Find("m", VersionChoice::OfLabel("stable")))->id.version, 1);
}

TEST_F(LifecycleMemoryTest, AnotherVersionDoesNotTakeALabelFromTheOneThatItStillLeadsTo) {
  std::vector<ModelEntry> old = {FakeEntry("m", 1), FakeEntry("m", 2)};
  for (ModelEntry& entry : old) entry.version_labels = {{"canary", 2}, {"stable", 1}};
  Begin({}, old);
  // Of the new ones the first comes, and the other does not.
  std::vector<ModelEntry> next = {FakeEntry("m", 3), FakeEntry("m", 4)};
  for (ModelEntry& entry : next) entry.version_labels = {{"canary", 4}, {"stable", 3}};
  next[0].path = "/models/bad.onnx";
  Settle(next);
  EXPECT_EQ((*lifecycle_->table()->Find("m", VersionChoice::OfLabel("stable")))->id.version, 1);
  EXPECT_THAT(StatusOf("m", 1).reason, HasSubstr("label 'stable'"));
  EXPECT_EQ((*lifecycle_->table()->Find("m", VersionChoice::OfLabel("canary")))->id.version, 4);
  next[0] = FakeEntry("m", 3, 2);
  next[0].version_labels = next[1].version_labels;
  Settle(next);
  EXPECT_EQ((*lifecycle_->table()->Find("m", VersionChoice::OfLabel("stable")))->id.version, 3);
  EXPECT_FALSE(lifecycle_->table()->Find("m", 1).ok());
  lifecycle_->SetDesired({});
  lifecycle_->WaitUntilSettled();
  EXPECT_TRUE(InMemory().empty());
}

TEST_F(LifecycleMemoryTest, AConfigThatMovesOneLabelLeavesTheOthers) {
  std::vector<ModelEntry> both = {FakeEntry("m", 1), FakeEntry("m", 2)};
  for (ModelEntry& entry : both) entry.version_labels = {{"old", 1}, {"stable", 1}};
  Begin({}, both);
  ASSERT_TRUE(lifecycle_->SetLabel("m", "beta", 2).ok());
  for (ModelEntry& entry : both) entry.version_labels = {{"stable", 2}};
  Settle(both);
  EXPECT_THAT(StatusOf("m", 2).labels, ElementsAre("beta", "stable"));
  EXPECT_TRUE(StatusOf("m", 1).labels.empty());
}

TEST_F(LifecycleMemoryTest, ClosingAnswersWhoWaits) {
  Begin(RoomForTwo(), {FakeEntry("a"), FakeEntry("b"), FakeEntry("c")});
  script_.Hold();
  std::future<Status> waits = Ask("c");
  script_.WaitUntilHeld(1);
  std::thread closer([&] { lifecycle_->Close(); });
  EXPECT_EQ(waits.get().code(), StatusCode::kUnavailable);
  script_.Release();
  closer.join();
}

}  // namespace
}  // namespace trireme
