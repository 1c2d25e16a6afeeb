// SPDX-License-Identifier: Apache-2.0
// Models on several devices, of which none is there: a fake backend's models run anywhere.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "lifecycle/lifecycle.h"
#include "lifecycle/testing/fake_models.h"

namespace trireme {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

// What a model without weights takes of each of its devices, and what is expected of one without files.
constexpr size_t kModelBytes = size_t{256} << 10;

constexpr const char* kSlice = "MIG-01234567-89ab-cdef-0123-456789abcdef";

Device At(const std::string& name) {
  return Device::Parse(name).value();
}
std::vector<DeviceWish> Gpus(size_t copies) {
  return std::vector<DeviceWish>(copies, DeviceWish{.kind = DeviceWish::Kind::kGpu});
}
std::vector<DeviceWish> Pins(const std::vector<std::string>& devices) {
  std::vector<DeviceWish> copies;
  for (const std::string& device : devices) copies.push_back(DeviceWish::On(At(device)));
  return copies;
}

ModelEntry Entry(const std::string& name, std::vector<DeviceWish> copies, uint64_t fingerprint = 1) {
  ModelEntry entry = FakeEntry(name, 1, fingerprint);
  entry.config.copies = std::move(copies);
  return entry;
}

// Room for so many models on each.
MemoryRules Room(const std::vector<std::pair<std::string, int>>& devices, bool on_demand = true) {
  MemoryRules rules{.devices = {Device()}, .on_demand = on_demand};
  for (const auto& [device, models] : devices) {
    rules.devices.push_back(At(device));
    rules.budgets[device] = static_cast<uint64_t>(models) * kModelBytes + kModelBytes / 2;
  }
  return rules;
}

class LifecycleDevicesTest : public testing::Test {
 protected:
  explicit LifecycleDevicesTest(FakeOptions options = {.weight_bytes = 0}) : models_(options) {}

  void Begin(const MemoryRules& rules, const std::vector<ModelEntry>& models) {
    lifecycle_ = std::make_unique<Lifecycle>(Lifecycle::Options{.load_threads = 1, .memory = rules}, models_.loader,
                                             models_.log);
    Settle(models);
  }
  void Settle(const std::vector<ModelEntry>& models) {
    lifecycle_->SetDesired({.models = models, .notes = {}});
    lifecycle_->WaitUntilSettled();
  }
  ModelStatus StatusOf(const std::string& name) { return StatusIn(*lifecycle_->table(), name); }
  ModelState StateOf(const std::string& name) { return StatusOf(name).state; }
  std::string DevicesOf(const std::string& name) { return StatusOf(name).memory.devices(); }
  uint64_t UsedOn(const std::string& device) { return lifecycle_->memory().at(device).used_bytes; }
  Status Ask(const std::string& name) {
    const auto answer = std::make_shared<std::promise<Status>>();  // shared with the callback
    lifecycle_->WhenLoaded(name, {}, kNever, [answer](Status status) { answer->set_value(std::move(status)); });
    Status status = answer->get_future().get();
    lifecycle_->WaitUntilSettled();
    return status;
  }

  FakeModels models_;
  FakeScript& script_ = *models_.script;
  std::unique_ptr<Lifecycle> lifecycle_;
};

TEST_F(LifecycleDevicesTest, ModelsGoWhereMostIsFree) {
  Begin(Room({{"cuda:0", 1}, {"cuda:1", 3}}),
        {Entry("a", Gpus(1)), Entry("b", Gpus(1)), Entry("c", Gpus(1)), Entry("d", Gpus(1))});
  EXPECT_EQ(UsedOn("cuda:0"), kModelBytes);
  EXPECT_EQ(UsedOn("cuda:1"), 3 * kModelBytes);
  EXPECT_EQ(UsedOn("cpu"), 0U);
  EXPECT_EQ(DevicesOf("a"), "cuda:1");
  EXPECT_EQ(script_.opens(), 4);
}

TEST_F(LifecycleDevicesTest, WhatMayRunAnywhereTakesAGpu) {
  Begin(Room({{"cuda:0", 1}}), {FakeEntry("a")});
  EXPECT_EQ(DevicesOf("a"), "cuda:0");
  EXPECT_EQ(script_.last_options().device, At("cuda:0"));
  EXPECT_EQ(script_.last_options().device_bytes, kModelBytes + kModelBytes / 2);  // it may not take more than all
}

TEST_F(LifecycleDevicesTest, PinsHoldWhateverIsFree) {
  Begin(Room({{"cuda:0", 9}, {kSlice, 1}}), {Entry("a", Pins({kSlice})), Entry("b", Pins({"cpu"}))});
  EXPECT_EQ(DevicesOf("a"), kSlice);
  EXPECT_EQ(DevicesOf("b"), "cpu");
}

TEST_F(LifecycleDevicesTest, OnOneDeviceAloneSomebodyGoes) {
  Begin(Room({{"cuda:0", 1}, {"cuda:1", 1}}),
        {Entry("a", Pins({"cuda:0"})), Entry("b", Pins({"cuda:1"})), Entry("c", Pins({"cuda:1"}))});
  EXPECT_EQ(StateOf("c"), ModelState::kOnDemand);
  EXPECT_TRUE(Ask("c").ok());
  EXPECT_EQ(StateOf("a"), ModelState::kReady);
  EXPECT_EQ(StateOf("b"), ModelState::kOnDemand);
  EXPECT_EQ(DevicesOf("c"), "cuda:1");
  EXPECT_EQ(lifecycle_->evictions(), 1U);
}

TEST_F(LifecycleDevicesTest, WhoComesBackGoesWhereThereIsRoomByThen) {
  Begin(Room({{"cuda:0", 1}, {"cuda:1", 1}}),
        {Entry("a", Gpus(1)), Entry("b", Pins({"cuda:1"})), Entry("c", Pins({"cuda:0"}))});
  EXPECT_EQ(DevicesOf("a"), "cuda:0");
  EXPECT_TRUE(Ask("c").ok());
  EXPECT_EQ(StateOf("a"), ModelState::kOnDemand);
  Settle({Entry("a", Gpus(1)), Entry("c", Pins({"cuda:0"}))});  // b has gone
  EXPECT_TRUE(Ask("a").ok());
  EXPECT_EQ(DevicesOf("a"), "cuda:1");
  EXPECT_EQ(StateOf("c"), ModelState::kReady);
}

TEST_F(LifecycleDevicesTest, CopiesGoRoundRobin) {
  Begin(Room({{"cuda:0", 2}, {"cuda:1", 2}}), {Entry("a", Gpus(3))});
  EXPECT_THAT(StatusOf("a").memory.by_device(), ElementsAre(Pair("cuda:0", kModelBytes), Pair("cuda:1", kModelBytes)));
  EXPECT_EQ(script_.opens(), 2);  // those on one device share their weights
  const auto model = *lifecycle_->table()->Find("a", {});
  EXPECT_THAT(model->config.devices, ElementsAre(At("cuda:0"), At("cuda:1"), At("cuda:0")));
  EXPECT_GE(model->config.instances, 3);
  EXPECT_EQ(script_.runs().size() % 2, 0U);  // each was tried alike
}

TEST_F(LifecycleDevicesTest, CopiesAnswerRequests) {
  Begin(Room({{"cuda:0", 2}, {"cuda:1", 2}}), {Entry("a", Gpus(2))});
  const size_t before = script_.runs().size();
  for (int i = 0; i < 4; ++i) {
    RecordedReply reply;
    (*lifecycle_->table()->Find("a", {}))->line->Push(FakeRequest(models_.pool, reply));
    EXPECT_TRUE(reply.Wait().status.ok());
  }
  EXPECT_EQ(script_.runs().size(), before + 4);
}

TEST_F(LifecycleDevicesTest, AVersionOnSeveralLoadsOnlyWhenAllHaveRoom) {
  MemoryRules rules = Room({{"cuda:0", 1}, {"cuda:1", 1}});
  rules.pinned = {"b"};
  Begin(rules, {Entry("a", Pins({"cuda:0"})), Entry("b", Pins({"cuda:1"})), Entry("c", Pins({"cuda:0", "cuda:1"}))});
  const Status refused = Ask("c");
  EXPECT_EQ(refused.code(), StatusCode::kOutOfMemory);
  EXPECT_THAT(refused.message(), HasSubstr("b/1 holds 256 KiB"));
  EXPECT_EQ(StateOf("a"), ModelState::kReady);  // nobody goes for nothing
  EXPECT_EQ(lifecycle_->evictions(), 0U);
  EXPECT_TRUE(lifecycle_->SetPinned("b", false).ok());
  EXPECT_TRUE(Ask("c").ok());
  EXPECT_EQ(StateOf("a"), ModelState::kOnDemand);
  EXPECT_EQ(StateOf("b"), ModelState::kOnDemand);
  EXPECT_EQ(UsedOn("cuda:0"), kModelBytes);
  EXPECT_EQ(UsedOn("cuda:1"), kModelBytes);
}

TEST_F(LifecycleDevicesTest, WhoGoesLeavesAllHisDevices) {
  Begin(Room({{"cuda:0", 1}, {"cuda:1", 1}}), {Entry("a", Gpus(2)), Entry("b", Pins({"cuda:1"}))});
  EXPECT_EQ(StateOf("b"), ModelState::kOnDemand);
  EXPECT_TRUE(Ask("b").ok());
  EXPECT_EQ(UsedOn("cuda:0"), 0U);
  EXPECT_EQ(UsedOn("cuda:1"), kModelBytes);
  EXPECT_EQ(lifecycle_->evictions(), 1U);
}

TEST_F(LifecycleDevicesTest, AnotherWishMovesAModel) {
  Begin(Room({{"cuda:0", 1}, {"cuda:1", 1}}), {Entry("a", Pins({"cuda:0"}))});
  Settle({Entry("a", Pins({"cuda:1"}), 2)});
  EXPECT_EQ(DevicesOf("a"), "cuda:1");
  EXPECT_EQ(UsedOn("cuda:0"), 0U);
  EXPECT_EQ(script_.open_models(), 1);
}

TEST_F(LifecycleDevicesTest, ADeviceThatIsNotThereIsNamed) {
  Begin(Room({{"cuda:0", 1}}), {Entry("a", Pins({"cuda:7"}))});
  EXPECT_EQ(StateOf("a"), ModelState::kFailed);
  EXPECT_THAT(StatusOf("a").reason, HasSubstr("cuda:7, and the devices of this server are cpu, cuda:0"));
}

TEST_F(LifecycleDevicesTest, WithoutLoadingOnDemandWhatFitsNowhereHasFailed) {
  Begin(Room({{"cuda:0", 1}}, /*on_demand=*/false), {Entry("a", Gpus(1)), Entry("b", Gpus(1)), FakeEntry("c")});
  EXPECT_EQ(StateOf("b"), ModelState::kFailed);
  EXPECT_EQ(DevicesOf("c"), "cpu");  // which it may run on just as well
}

class LifecycleCpuBackendTest : public LifecycleDevicesTest {
 protected:
  LifecycleCpuBackendTest() : LifecycleDevicesTest({.weight_bytes = 0, .runs_on_gpus = false}) {}
};

TEST_F(LifecycleCpuBackendTest, WhatItsBackendCannotRunOnAGpuRunsOnTheCpu) {
  Begin(Room({{"cuda:0", 9}}), {FakeEntry("a"), Entry("b", Gpus(1))});
  EXPECT_EQ(DevicesOf("a"), "cpu");
  EXPECT_EQ(StateOf("b"), ModelState::kFailed);
  EXPECT_THAT(StatusOf("b").reason, HasSubstr("run on cpu alone, not on cuda:0"));
}

}  // namespace
}  // namespace trireme
