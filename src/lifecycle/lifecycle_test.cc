// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/lifecycle.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "backend/testing/fake_backend.h"
#include "model/testing/recorded_reply.h"

namespace trireme {
namespace {

class LifecycleTest : public testing::Test {
 protected:
  LifecycleTest() { backends_.Add(MakeFakeBackend(script_)); }

  static ModelEntry Entry(const std::string& name, int64_t version = 1) {
    return {.id = {name, version}, .path = "/models/" + name + ".onnx", .config = {}, .notes = {}};
  }

  static ModelStatus StatusOf(const ServingTable& table, const std::string& name) {
    for (const ModelStatus& status : table.statuses) {
      if (status.id.name == name) return status;
    }
    ADD_FAILURE() << name << " is not in the table";
    return {};
  }

  MemoryPool pool_;
  metrics::Registry registry_;
  const Logger log_{STDERR_FILENO, Logger::Form::kText, LogLevel::kError};
  std::shared_ptr<FakeScript> script_ = std::make_shared<FakeScript>();  // shared with the models
  BackendSet backends_{PluginHost{.pool = pool_, .log = log_, .folder = "/nowhere"}};
  ModelLoader loader_{backends_, pool_, registry_, /*cpus=*/2};
  Lifecycle lifecycle_{{}, loader_, log_};
};

TEST_F(LifecycleTest, ServesGoodModelsAmongBadOnes) {
  lifecycle_.SetDesired({.models = {Entry("bad"), Entry("good")},
                         .problems = {{.path = "/models/odd.pt", .name = "odd", .status = Unsupported("not yet")}},
                         .notes = {}});
  lifecycle_.WaitUntilSettled();
  const auto table = lifecycle_.table();
  EXPECT_EQ(StatusOf(*table, "good").state, ModelState::kReady);
  EXPECT_EQ(StatusOf(*table, "bad").state, ModelState::kFailed);
  EXPECT_EQ(StatusOf(*table, "bad").reason, "bad.onnx is bad");
  EXPECT_EQ(StatusOf(*table, "odd").state, ModelState::kFailed);
  EXPECT_TRUE(table->Find("good", std::nullopt).ok());
  EXPECT_EQ(table->Find("bad", std::nullopt).status().code(), StatusCode::kUnavailable);
  EXPECT_EQ(table->Find("odd", std::nullopt).status().code(), StatusCode::kUnavailable);
  EXPECT_EQ(table->Find("none", std::nullopt).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(table->Find("good", 7).status().code(), StatusCode::kNotFound);
}

TEST_F(LifecycleTest, NewestVersionAnswersWhenNoneIsNamed) {
  lifecycle_.SetDesired({.models = {Entry("m", 2), Entry("m", 10)}, .problems = {}, .notes = {}});
  lifecycle_.WaitUntilSettled();
  EXPECT_EQ((*lifecycle_.table()->Find("m", std::nullopt))->id.version, 10);
  EXPECT_EQ((*lifecycle_.table()->Find("m", 2))->id.version, 2);
}

TEST_F(LifecycleTest, ForgetsWhatIsNoLongerWanted) {
  lifecycle_.SetDesired({.models = {Entry("a"), Entry("b")}, .problems = {}, .notes = {}});
  lifecycle_.WaitUntilSettled();
  lifecycle_.SetDesired({.models = {Entry("b")}, .problems = {}, .notes = {}});
  lifecycle_.WaitUntilSettled();
  EXPECT_EQ(lifecycle_.table()->statuses.size(), 1U);
  EXPECT_EQ(StatusOf(*lifecycle_.table(), "b").state, ModelState::kReady);
}

TEST_F(LifecycleTest, DecidesWhatTheConfigLeavesOpen) {
  lifecycle_.SetDesired({.models = {Entry("m")}, .problems = {}, .notes = {}});
  lifecycle_.WaitUntilSettled();
  const auto model = *lifecycle_.table()->Find("m", std::nullopt);
  EXPECT_EQ(model->config.instances, 2);
  EXPECT_EQ(model->config.threads, 1);
  EXPECT_GE(model->config.max_rows, 1);
  EXPECT_TRUE(model->signature.batched);
}

TEST_F(LifecycleTest, CloseAnswersWhatWasAcceptedBeforeTheModelGoes) {
  lifecycle_.SetDesired({.models = {Entry("m")}, .problems = {}, .notes = {}});
  lifecycle_.WaitUntilSettled();
  script_->Hold();
  const RecordedReply reply;
  auto request = std::make_unique<InferRequest>();
  request->inputs.push_back({"x", MakeTensor(pool_, DataType::kFp32, {1, 4})});
  request->bytes = 16;
  request->outputs.push_back({.name = "y", .index = 0, .destination = {}});
  request->reply = reply.MakeReply();
  (*lifecycle_.table()->Find("m", std::nullopt))->line->Push(std::move(request));
  script_->WaitUntilHeld(1);
  std::thread release([this] { script_->Release(); });
  lifecycle_.Close();
  release.join();
  EXPECT_TRUE(reply.Wait().status.ok());
  EXPECT_TRUE(lifecycle_.table()->ready.empty());
}

TEST(DecideThreads, FillsInWhatIsOpen) {
  const auto decide = [](int instances, int threads) {
    const ModelConfig config = DecideThreads({.instances = instances, .threads = threads}, 8);
    return std::pair(config.instances, config.threads);
  };
  EXPECT_EQ(decide(0, 0), std::pair(8, 1));
  EXPECT_EQ(decide(2, 0), std::pair(2, 4));
  EXPECT_EQ(decide(0, 8), std::pair(1, 8));
  EXPECT_EQ(decide(0, 16), std::pair(1, 16));
  EXPECT_EQ(decide(3, 5), std::pair(3, 5));
}

}  // namespace
}  // namespace trireme
