// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

#include "backend/testing/fake_backend.h"
#include "base/memory_pool.h"
#include "base/testing/manual_clock.h"
#include "metrics/registry.h"
#include "model/testing/recorded_reply.h"
#include "scheduler/model_line.h"

// What a line promises, and what it does on processors that it shares.
namespace trireme {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::HasSubstr;

constexpr size_t kRowBytes = 16;

class LineGoalTest : public testing::Test {
 protected:
  std::unique_ptr<ModelLine> Line(ModelLine::Options options) {
    options.run_inline = false;
    return std::make_unique<ModelLine>(ModelId{"m", 1}, FakeSignature(), MakeFakeModel(script_), std::move(options),
                                       pool_, metrics_, clock_);
  }

  // A run of a row takes so long, as far as the line knows.
  static std::vector<ModelLine::Options::SeenRun> Runs(Duration took) {
    return {{.size = {.rows = 1, .bytes = kRowBytes}, .took = took}};
  }

  RequestPtr Request(const RecordedReply& reply, TimePoint deadline = kNever) {
    auto request = std::make_unique<InferRequest>();
    Tensor x = MakeTensor(pool_, DataType::kFp32, {1, 4});
    request->bytes = x.data.size();
    request->inputs.push_back({"x", std::move(x)});
    request->outputs.push_back({.name = "y", .index = 0, .destination = {}});
    request->stages.received = clock_.Now();
    request->deadline = deadline;
    request->reply = reply.MakeReply();
    return request;
  }

  MemoryPool pool_;
  metrics::Registry registry_;
  ModelMetrics metrics_{registry_, {"m", 1}};
  ManualClock clock_;
  std::shared_ptr<FakeScript> script_ = std::make_shared<FakeScript>();  // shared with the model
};

// How quickly a run fails says nothing of those that succeed.
TEST_F(LineGoalTest, LearnsNothingFromRunsThatFail) {
  const auto line = Line({.rules = {.max_rows = 4}, .goal = ServiceGoal{.latency = milliseconds(100)}});
  script_->FailWhen([](int64_t /*rows*/) { return Internal("no"); });
  for (int i = 0; i < 3; ++i) {
    RecordedReply reply;
    line->Push(Request(reply));
    EXPECT_EQ(reply.Wait().status.code(), StatusCode::kInternal);
  }
  line->Close();
  EXPECT_EQ(line->account().runs, 0U);
  EXPECT_TRUE(line->account().times.empty());
}

TEST_F(LineGoalTest, LearnsWhatABatchCostsThatHasToBeRunOneByOne) {
  const auto line = Line({.rules = {.max_rows = 4}});
  script_->Hold();
  RecordedReply replies[3];
  line->Push(Request(replies[0]));
  script_->WaitUntilHeld(1);
  script_->FailWhen([](int64_t rows) { return rows > 1 ? Internal("not together") : Status(); });
  for (RecordedReply& reply : replies) {
    if (&reply != &replies[0]) line->Push(Request(reply));
  }
  script_->Release();
  for (RecordedReply& reply : replies) EXPECT_TRUE(reply.Wait().status.ok());
  line->Close();
  EXPECT_EQ(line->account().runs, 2U);
}

TEST_F(LineGoalTest, LateAnswersCountThoughTheirRunsFailed) {
  const auto line = Line({.goal = ServiceGoal{.latency = milliseconds(100)}});
  script_->Hold();
  script_->FailWhen([](int64_t /*rows*/) { return Internal("no"); });
  RecordedReply reply;
  line->Push(Request(reply));
  script_->WaitUntilHeld(1);
  clock_.Advance(milliseconds(200));
  script_->Release();
  EXPECT_EQ(reply.Wait().status.code(), StatusCode::kInternal);
  line->Close();
  EXPECT_EQ(line->account().late_answers, 1U);
}

TEST_F(LineGoalTest, RefusesWhatWouldMissItsDeadline) {
  const auto line = Line({.seen_runs = Runs(milliseconds(50))});
  script_->Hold();
  RecordedReply running;
  RecordedReply refused;
  RecordedReply waiting;
  line->Push(Request(running));
  script_->WaitUntilHeld(1);
  line->Push(Request(refused, clock_.Now() + milliseconds(80)));
  line->Push(Request(waiting, clock_.Now() + milliseconds(200)));
  const Status status = refused.Wait().status;
  EXPECT_EQ(status.code(), StatusCode::kOverloaded);
  EXPECT_THAT(status.message(), AllOf(HasSubstr("model 'm' would answer in 106 ms"), HasSubstr("deadline is in 80 ms"),
                                      HasSubstr("a run takes 50 ms")));
  EXPECT_GE(status.try_again_in(), milliseconds(20));
  EXPECT_LE(status.try_again_in(), milliseconds(100));
  script_->Release();
  EXPECT_TRUE(waiting.Wait().status.ok());
  EXPECT_EQ(line->account().refused, 1U);
  EXPECT_THAT(registry_.Expose(), HasSubstr("trireme_predicted_late_total{model=\"m\",version=\"1\"} 1"));
}

TEST_F(LineGoalTest, ATimeOutThatARequestBringsIsADeadline) {
  const auto line = Line({.seen_runs = Runs(milliseconds(50))});
  script_->Hold();
  RecordedReply running;
  RecordedReply refused;
  line->Push(Request(running));
  script_->WaitUntilHeld(1);
  RequestPtr request = Request(refused);
  request->queue_timeout = milliseconds(80);
  line->Push(std::move(request));
  EXPECT_THAT(refused.Wait().status.message(), HasSubstr("the request's deadline is in 80 ms"));
  script_->Release();
}

TEST_F(LineGoalTest, PredictsForShortRunsTooIfTheyHaveToWait) {
  ModelLine::Options options{.rules = {.max_rows = 1},
                             .goal = ServiceGoal{.quantile = 0.99, .latency = std::chrono::microseconds(300)},
                             .seen_runs = Runs(std::chrono::microseconds(90))};
  ModelLine line(ModelId{"m", 1}, FakeSignature(), MakeFakeModel(script_), std::move(options), pool_, metrics_, clock_);
  RecordedReply seen;  // in earnest: from now on its like are run by who brings them
  line.Push(Request(seen));
  EXPECT_TRUE(seen.Wait().status.ok());
  script_->Hold();
  RecordedReply running;
  RequestPtr large = Request(running);
  large->rows = 8;
  large->bytes = 8 * kRowBytes;
  line.Push(std::move(large));
  script_->WaitUntilHeld(1);
  RecordedReply refused;
  line.Push(Request(refused));
  EXPECT_EQ(refused.Wait().status.code(), StatusCode::kOverloaded);
  EXPECT_THAT(refused.Wait().status.message(), HasSubstr("the goal is p99=300us"));
  script_->Release();
  EXPECT_TRUE(running.Wait().status.ok());
}

TEST_F(LineGoalTest, RefusesWhatWouldMissTheGoal) {
  const auto line =
      Line({.goal = ServiceGoal{.quantile = 0.99, .latency = milliseconds(120)}, .seen_runs = Runs(milliseconds(50))});
  script_->Hold();
  RecordedReply running;
  RecordedReply waiting;
  RecordedReply refused;
  line->Push(Request(running));
  script_->WaitUntilHeld(1);
  line->Push(Request(waiting));
  line->Push(Request(refused));
  EXPECT_THAT(refused.Wait().status.message(),
              HasSubstr("would answer in 156 ms, and the goal is p99=120ms: 1 request waits"));
  script_->Release();
  EXPECT_TRUE(waiting.Wait().status.ok());
  EXPECT_NE(waiting.Wait().stages.predicted, TimePoint());
}

TEST_F(LineGoalTest, TakesRequestsForAGoalThatCannotBeKept) {
  const auto line = Line({.goal = ServiceGoal{.quantile = 0.99, .latency = milliseconds(20)},
                          .seen_runs = Runs(std::chrono::seconds(50))});
  for (int i = 0; i < 50; ++i) {
    RecordedReply reply;
    line->Push(Request(reply));
    EXPECT_TRUE(reply.Wait().status.ok());
  }
}

TEST_F(LineGoalTest, PromisesNothingBeforeAnythingIsKnown) {
  const auto line = Line({.goal = ServiceGoal{.quantile = 0.99, .latency = milliseconds(20)}});
  RecordedReply reply;
  line->Push(Request(reply));
  EXPECT_TRUE(reply.Wait().status.ok());
  EXPECT_EQ(reply.Wait().stages.predicted, TimePoint());
}

TEST_F(LineGoalTest, RunsWithAllProcessorsWhatComesAlone) {
  const auto processors = std::make_shared<Processors>(4);
  const auto line = Line({.instances = 4, .processors = processors, .seen_runs = Runs(milliseconds(50))});
  auto wide = MakeFakeModel(script_)->WithThreads(4);
  ASSERT_TRUE(wide.ok()) << wide.status();
  line->AddWide(*std::move(wide), kRowBytes, milliseconds(20));
  RecordedReply alone;
  line->Push(Request(alone));
  EXPECT_TRUE(alone.Wait().status.ok());
  EXPECT_EQ(script_->run_threads().back(), 4);
  EXPECT_TRUE(line->account().has_wide);
}

TEST_F(LineGoalTest, RunsSideBySideWhatHasCompany) {
  const auto processors = std::make_shared<Processors>(2);
  const auto line = Line({.instances = 2, .processors = processors, .seen_runs = Runs(milliseconds(50))});
  line->AddWide(*MakeFakeModel(script_)->WithThreads(2), kRowBytes, milliseconds(30));
  script_->Hold();
  RecordedReply first;
  RecordedReply second;
  RecordedReply third;
  line->Push(Request(first));  // alone, and has both
  script_->WaitUntilHeld(1);
  line->Push(Request(second));
  line->Push(Request(third));
  script_->Release();
  EXPECT_TRUE(second.Wait().status.ok());
  EXPECT_TRUE(third.Wait().status.ok());
  EXPECT_TRUE(first.Wait().status.ok());
  const std::vector<int> threads = script_->run_threads();
  ASSERT_EQ(threads.size(), 3U);
  EXPECT_EQ(threads[0], 2);
  EXPECT_EQ(threads[1], 1);
}

TEST_F(LineGoalTest, LinesShareTheProcessors) {
  const auto processors = std::make_shared<Processors>(1);
  const auto one = Line({.instances = 1, .processors = processors});
  ModelMetrics others{registry_, {"n", 1}};
  ModelLine other(ModelId{"n", 1}, FakeSignature(), MakeFakeModel(script_),
                  {.instances = 1, .run_inline = false, .processors = processors}, pool_, others, clock_);
  script_->Hold();
  RecordedReply first;
  RecordedReply second;
  one->Push(Request(first));
  script_->WaitUntilHeld(1);
  other.Push(Request(second));
  // The other line waits for the processor: its run has not begun when the first one goes on.
  EXPECT_EQ(script_->runs().size(), 1U);
  script_->Release();
  EXPECT_TRUE(first.Wait().status.ok());
  EXPECT_TRUE(second.Wait().status.ok());
  one->Close();  // places are given back after the answer
  other.Close();
  EXPECT_EQ(processors->at_work(), 0);
}

TEST_F(LineGoalTest, OneThatClosesGivesItsPlaceToOthers) {
  const auto processors = std::make_shared<Processors>(1);
  auto one = Line({.instances = 2, .processors = processors});
  const auto other = Line({.instances = 2, .processors = processors});
  for (int i = 0; i < 20; ++i) {
    RecordedReply a;
    RecordedReply b;
    one->Push(Request(a));
    other->Push(Request(b));
    one->Close();
    EXPECT_TRUE(a.Wait().status.ok());
    EXPECT_TRUE(b.Wait().status.ok());
    one = Line({.instances = 2, .processors = processors});
  }
}

TEST_F(LineGoalTest, AnswersInLineWhoseTimeRunsOutWhileOthersHaveTheProcessors) {
  const auto processors = std::make_shared<Processors>(1);
  const auto one = Line({.instances = 1, .processors = processors});
  const auto other = Line({.instances = 1, .processors = processors});
  script_->Hold();
  RecordedReply running;
  one->Push(Request(running));
  script_->WaitUntilHeld(1);
  RecordedReply late;
  other->Push(Request(late, clock_.Now() - milliseconds(1)));
  EXPECT_EQ(late.Wait().status.code(), StatusCode::kDeadlineExceeded);
  script_->Release();
  EXPECT_TRUE(running.Wait().status.ok());
}

TEST_F(LineGoalTest, ManyLinesAnswerAllOfManyThreads) {
  const auto processors = std::make_shared<Processors>(2);
  std::vector<std::unique_ptr<ModelLine>> lines;
  for (int i = 0; i < 3; ++i) {
    lines.push_back(Line({.rules = {.max_rows = 4, .max_waiting_requests = 10'000},
                          .instances = 2,
                          .goal = ServiceGoal{.quantile = 0.99, .latency = std::chrono::hours(1)},
                          .processors = processors,
                          .weight = 1.0 + i,
                          .seen_runs = Runs(std::chrono::microseconds(5))}));
    lines.back()->AddWide(*MakeFakeModel(script_)->WithThreads(2), kRowBytes, std::chrono::microseconds(2));
  }
  constexpr size_t kRequests = 300;
  std::vector<std::vector<RecordedReply>> replies(lines.size());
  std::vector<std::thread> clients;
  for (size_t i = 0; i < lines.size(); ++i) {
    replies[i] = std::vector<RecordedReply>(kRequests);
    clients.emplace_back([&, i] {
      for (RecordedReply& reply : replies[i]) lines[i]->Push(Request(reply));
    });
  }
  for (std::thread& client : clients) client.join();
  for (auto& of_line : replies) {
    for (RecordedReply& reply : of_line) EXPECT_TRUE(reply.Wait().status.ok()) << reply.Wait().status;
  }
  lines.clear();
  EXPECT_EQ(processors->at_work(), 0);
}

}  // namespace
}  // namespace trireme
