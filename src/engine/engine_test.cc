// SPDX-License-Identifier: Apache-2.0
#include "engine/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>

#include "access/tenant_quotas.h"
#include "base/testing/manual_clock.h"
#include "lifecycle/testing/fake_models.h"

namespace trireme {
namespace {

using testing::HasSubstr;

class EngineTest : public testing::Test {
 protected:
  void Serve(std::vector<ModelEntry> models) {
    lifecycle_.SetDesired({.models = std::move(models), .problems = {}, .notes = {}});
    lifecycle_.WaitUntilSettled();
  }
  Outcome Infer(const std::string& model, int64_t rows = 1) {
    const RecordedReply reply;
    auto request = FakeRequest(models_.pool, reply, rows);
    request->model = model;
    request->stages.received = Clock::System().Now();  // else times add up to more than fits, on a machine up for long
    engine_.Infer(std::move(request));
    return reply.Wait();
  }

  FakeModels models_;
  Lifecycle lifecycle_{{}, models_.loader, models_.log};
  Engine engine_{lifecycle_};
};

TEST_F(EngineTest, AnswersRequests) {
  Serve({FakeEntry("m")});
  EXPECT_TRUE(Infer("m").status.ok());
  EXPECT_EQ(Infer("none").status.code(), StatusCode::kNotFound);
}

TEST_F(EngineTest, RefusesMoreRowsThanTheModelsConfigAllows) {
  ModelEntry entry = FakeEntry("m");
  entry.declared.max_batch_size = 2;
  entry.config.max_request_rows = 2;
  Serve({entry});
  EXPECT_TRUE(Infer("m", 2).status.ok());
  const Status refused = Infer("m", 3).status;
  EXPECT_EQ(refused.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(refused.message(), HasSubstr("has 3 rows, model 'm' takes at most 2 (max_batch_size)"));
}

TEST_F(EngineTest, RefusesWhoIsOverHisQuotaBeforeItLooksForTheModel) {
  const ManualClock clock;
  TenantQuotas quotas({{"shop", {.requests_per_second = 2, .processors = {}}}}, clock);
  Engine engine(lifecycle_, nullptr, nullptr, &quotas);
  Serve({FakeEntry("m")});
  const auto infer = [&](const std::string& model, const std::string& tenant) {
    const RecordedReply reply;
    auto request = FakeRequest(models_.pool, reply, 1);
    request->model = model;
    request->caller.tenant = tenant;
    request->stages.received = Clock::System().Now();
    engine.Infer(std::move(request));
    return reply.Wait().status;
  };
  EXPECT_TRUE(infer("m", "shop").ok());
  EXPECT_EQ(infer("none", "shop").code(), StatusCode::kNotFound);
  for (const char* model : {"m", "none"}) {
    const Status refused = infer(model, "shop");
    EXPECT_EQ(refused.code(), StatusCode::kOverloaded);
    EXPECT_THAT(refused.message(), HasSubstr("tenant 'shop' is over the quota of 2/s"));
  }
  EXPECT_TRUE(infer("m", "lab").ok());
  EXPECT_EQ(engine.Refusals()[static_cast<size_t>(StatusCode::kOverloaded)], 0U);
  EXPECT_EQ(engine.Refusals()[static_cast<size_t>(StatusCode::kNotFound)], 1U);
}

TEST_F(EngineTest, CountsWhatATenantsRunsTake) {
  const ManualClock clock;
  TenantQuotas quotas({{"shop", {.requests_per_second = {}, .processors = 1e-6}}}, clock);
  Engine engine(lifecycle_, nullptr, nullptr, &quotas);
  Serve({FakeEntry("m")});
  // A microsecond may be spent at once, and a run takes less at times.
  for (int i = 0; i < 100'000 && quotas.Look("shop").ok(); ++i) {
    const RecordedReply reply;
    auto request = FakeRequest(models_.pool, reply, 1);
    request->model = "m";
    request->caller.tenant = "shop";
    engine.Infer(std::move(request));
    EXPECT_TRUE(reply.Wait().status.ok() || !quotas.Look("shop").ok());
  }
  EXPECT_THAT(quotas.Look("shop").message(), HasSubstr("over the quota of 0.000001cpu"));
}

TEST_F(EngineTest, IsReadyFromTheStartOfServingUntilItStops) {
  EXPECT_FALSE(engine_.Ready());
  Serve({FakeEntry("m"), FakeEntry("bad")});
  std::shared_ptr<const void> withheld = engine_.WithholdReady();
  EXPECT_FALSE(engine_.Ready()) << "somebody still loads what is wanted at the start";
  EXPECT_FALSE(engine_.WhyNotReady().ok());
  withheld.reset();
  EXPECT_TRUE(engine_.Ready());
  models_.script->Hold();
  lifecycle_.SetDesired({.models = {FakeEntry("m", 1, 2)}, .problems = {}, .notes = {}});
  models_.script->WaitUntilHeld(1);
  EXPECT_TRUE(engine_.Ready()) << "a reload does not take it back";
  models_.script->Release();
  Serve({});
  EXPECT_TRUE(engine_.Ready()) << "nor does the last model when it goes";
  engine_.AnnounceStop();
  EXPECT_FALSE(engine_.Ready());
}

TEST_F(EngineTest, RefusesRequestsOnceItStops) {
  Serve({FakeEntry("m")});
  engine_.StopAccepting();
  EXPECT_EQ(Infer("m").status.code(), StatusCode::kUnavailable);
  EXPECT_FALSE(engine_.Ready());
}

TEST_F(EngineTest, TellsOnceThatItStops) {
  int before = 0;
  int after = 0;
  engine_.WhenStopping([&] { ++before; });
  EXPECT_EQ(before, 0);
  engine_.StopAccepting();
  engine_.StopAccepting();
  EXPECT_EQ(before, 1);
  engine_.WhenStopping([&] { ++after; });
  EXPECT_EQ(after, 1);
}

TEST_F(EngineTest, LosesNoRequestThroughReloads) {
  Serve({FakeEntry("m", 1, 0)});
  std::atomic<bool> done = false;  // orders nothing
  std::vector<std::thread> clients;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back([&] {
      while (!done) EXPECT_TRUE(Infer("m").status.ok());
    });
  }
  for (uint64_t fingerprint = 1; fingerprint <= 30; ++fingerprint) Serve({FakeEntry("m", 1, fingerprint)});
  done = true;
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(models_.script->opens(), 31);
  EXPECT_EQ(models_.script->open_models(), 1);
}

TEST_F(EngineTest, ReportsOnTheVersionsThatAreReady) {
  Serve({FakeEntry("a", 1), FakeEntry("a", 2), FakeEntry("b"), FakeEntry("bad")});
  const auto texts = [this](std::string_view name, std::optional<int64_t> version) {
    std::vector<std::string> ids;
    const auto reports = engine_.Statistics(name, version);
    for (const ModelReport& report : reports.value()) ids.push_back(report.id.text());
    return ids;
  };
  EXPECT_THAT(texts("", std::nullopt), testing::ElementsAre("a/1", "a/2", "b/1"));
  EXPECT_THAT(texts("a", std::nullopt), testing::ElementsAre("a/1", "a/2"));
  EXPECT_THAT(texts("a", 1), testing::ElementsAre("a/1"));
  EXPECT_EQ(engine_.Statistics("a", 7).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(engine_.Statistics("none", std::nullopt).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(engine_.Statistics("bad", std::nullopt).status().code(), StatusCode::kUnavailable);
}

TEST_F(EngineTest, DescribesAModelWithItsVersions) {
  ModelEntry entry = FakeEntry("m", 2);
  entry.config_message = std::make_shared<const std::string>("serialized");
  Serve({FakeEntry("m", 1), entry});
  const auto newest = engine_.Describe("m", std::nullopt);
  ASSERT_TRUE(newest.ok());
  EXPECT_EQ(newest.value().id.version, 2);
  EXPECT_THAT(newest.value().versions, testing::ElementsAre(1, 2));
  EXPECT_EQ(newest.value().config_message, entry.config_message) << "it is not copied";
  EXPECT_EQ(newest.value().file_name, "m.onnx");
  EXPECT_NE(newest.value().labels, nullptr);
  EXPECT_THAT(engine_.Describe("m", 1).value().versions, testing::ElementsAre(1));
}

TEST_F(EngineTest, LoadsNothingByNameWithoutAControl) {
  std::vector<Status> answers;
  const auto done = [&](Status status) { answers.push_back(std::move(status)); };
  engine_.Load("m", {}, done);
  engine_.Unload("m", done);
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[0].code(), StatusCode::kUnavailable);
  EXPECT_EQ(answers[1].code(), StatusCode::kUnavailable);
}

class DecoupledEngineTest : public testing::Test {
 protected:
  DecoupledEngineTest() {
    lifecycle_.SetDesired({.models = {FakeEntry("m")}, .problems = {}, .notes = {}});
    lifecycle_.WaitUntilSettled();
  }

  FakeModels models_{{.decoupled = true}};
  Lifecycle lifecycle_{{}, models_.loader, models_.log};
  Engine engine_{lifecycle_};
};

TEST_F(DecoupledEngineTest, RefusesWhoTakesOneResponse) {
  EXPECT_TRUE(engine_.Describe("m", std::nullopt)->config.decoupled);
  const RecordedReply refused;
  auto request = FakeRequest(models_.pool, refused);
  request->model = "m";
  engine_.Infer(std::move(request));
  EXPECT_EQ(refused.Wait().status.code(), StatusCode::kUnsupported);
  EXPECT_EQ(refused.Wait().status.message(),
            "model 'm' is decoupled (several responses a request): use a gRPC stream or generate_stream");
  EXPECT_EQ(engine_.Statistics("m", std::nullopt)->front().statistics.fail.count, 1U);
}

TEST_F(DecoupledEngineTest, AnswersWhoTakesSeveral) {
  const RecordedReply reply;
  auto request = FakeRequest(models_.pool, reply, 3);
  request->model = "m";
  request->takes_several = true;
  engine_.Infer(std::move(request));
  EXPECT_TRUE(reply.Wait().status.ok());
  EXPECT_EQ(reply.partial_responses(), 3U);
}

}  // namespace
}  // namespace trireme
