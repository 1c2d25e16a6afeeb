// SPDX-License-Identifier: Apache-2.0
#include "engine/cached_answer.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "engine/engine.h"
#include "lifecycle/testing/fake_models.h"

namespace trireme {
namespace {

constexpr size_t kCacheBytes = 1 << 20;

class CachedAnswer : public testing::Test {
 protected:
  explicit CachedAnswer(const FakeOptions& options = {}) : models_(options) { models_.loader.KeepAnswersIn(cache_); }

  void Serve(size_t cache_bytes = kCacheBytes, uint64_t fingerprint = 1) {
    ModelEntry entry = FakeEntry("m", 1, fingerprint);
    entry.config.cache_bytes = cache_bytes;
    entry.config.run_inline = false;  // a run that is held holds nobody else
    lifecycle_.SetDesired({.models = {entry}, .problems = {}, .notes = {}});
    lifecycle_.WaitUntilSettled();
    runs_before_ = models_.script->runs().size();
  }
  std::unique_ptr<InferRequest> Request(const RecordedReply& reply, float value) {
    auto request = FakeRequest(models_.pool, reply);
    request->model = "m";
    request->takes_several = true;
    request->stages.received = Clock::System().Now();
    for (float& element : request->inputs[0].tensor.MutableAs<float>()) element = value;
    return request;
  }
  Outcome Infer(float value) {
    const RecordedReply reply;
    engine_.Infer(Request(reply, value));
    return reply.Wait();
  }
  size_t runs() const { return models_.script->runs().size() - runs_before_; }
  ModelStatistics Statistics() const { return engine_.Statistics("m", std::nullopt)->front().statistics; }

  ResponseCache cache_;
  FakeModels models_;
  Lifecycle lifecycle_{{}, models_.loader, models_.log};
  Engine engine_{lifecycle_};
  size_t runs_before_ = 0;
};

float First(const Outcome& outcome) {
  return outcome.response->outputs.at(0).tensor.As<float>()[0];
}

TEST_F(CachedAnswer, RunsTheModelOnceForTheSameRequest) {
  Serve();
  EXPECT_EQ(First(Infer(3)), 6.0F);
  const Outcome again = Infer(3);
  EXPECT_EQ(First(again), 6.0F);
  EXPECT_EQ(again.response->outputs[0].name, "y");
  EXPECT_EQ(again.response->model, (ModelId{"m", 1}));
  EXPECT_EQ(First(Infer(4)), 8.0F);
  EXPECT_EQ(runs(), 2U);
  const ModelStatistics statistics = Statistics();
  EXPECT_EQ(statistics.success.count, 3U);
  EXPECT_EQ(statistics.inferences, 2U);
  EXPECT_EQ(statistics.cache_hit.count, 1U);
  EXPECT_EQ(statistics.cache_miss.count, 2U);
  EXPECT_EQ(cache_.use().answers, 2U);
}

TEST_F(CachedAnswer, AnswersOnTheCallersThreadWhileTheModelIsBusy) {
  Serve();
  Infer(3);
  models_.script->Hold();
  const RecordedReply waits;
  engine_.Infer(Request(waits, 4));
  const RecordedReply reply;
  engine_.Infer(Request(reply, 3));
  EXPECT_TRUE(reply.finished());
  EXPECT_FALSE(waits.finished());
  models_.script->Release();
  EXPECT_EQ(First(waits.Wait()), 8.0F);
}

TEST_F(CachedAnswer, KeepsNoFailure) {
  Serve();
  models_.script->FailWhen([](int64_t) { return Internal("broken"); });
  EXPECT_FALSE(Infer(3).status.ok());
  models_.script->FailWhen([](int64_t) { return Status(); });
  EXPECT_EQ(First(Infer(3)), 6.0F);
  EXPECT_EQ(cache_.use().answers, 1U);
}

TEST_F(CachedAnswer, ForgetsWhatAModelSaidThatIsReplaced) {
  Serve();
  Infer(3);
  Serve(kCacheBytes, 2);
  EXPECT_EQ(cache_.use().bytes, 0U);
  Infer(3);
  EXPECT_EQ(runs(), 1U);
  Serve(0, 3);
  Infer(3);
  Infer(3);
  EXPECT_EQ(runs(), 2U) << "nobody wants them kept any more";
}

TEST_F(CachedAnswer, RunsRequestsOfSequences) {
  Serve();
  for (int i = 0; i < 2; ++i) {
    const RecordedReply reply;
    auto request = Request(reply, 3);
    request->sequence.id = uint64_t{7};
    engine_.Infer(std::move(request));
    EXPECT_TRUE(reply.Wait().status.ok());
  }
  EXPECT_EQ(runs(), 2U);
}

TEST_F(CachedAnswer, KeepsNothingLargerThanItsBound) {
  Serve(100);
  EXPECT_EQ(First(Infer(3)), 6.0F);
  EXPECT_EQ(First(Infer(3)), 6.0F);
  EXPECT_EQ(runs(), 2U);
  EXPECT_EQ(cache_.use().answers, 0U);
}

class CachedAnswerOfDecoupled : public CachedAnswer {
 protected:
  CachedAnswerOfDecoupled() : CachedAnswer({.decoupled = true}) {}
};

TEST_F(CachedAnswerOfDecoupled, RunsItEachTime) {
  Serve();
  Infer(3);
  Infer(3);
  EXPECT_EQ(runs(), 2U);
}

class CachedAnswerOfKept : public CachedAnswer {
 protected:
  CachedAnswerOfKept() : CachedAnswer({.keeps_state = true}) {}
};

TEST_F(CachedAnswerOfKept, RunsWhatKeepsStateEachTime) {
  Serve();
  Infer(3);
  Infer(3);
  EXPECT_EQ(runs(), 2U);
}

}  // namespace
}  // namespace trireme
