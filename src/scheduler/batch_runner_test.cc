// SPDX-License-Identifier: Apache-2.0
#include "scheduler/batch_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "backend/testing/fake_backend.h"
#include "base/testing/manual_clock.h"
#include "metrics/registry.h"
#include "model/testing/calling_sink.h"
#include "model/testing/recorded_reply.h"

namespace trireme {
namespace {

using FailureReason = ModelStatistics::FailureReason;
using testing::HasSubstr;

class BatchRunnerTest : public testing::Test {
 protected:
  RequestPtr Request(Reply reply, int64_t rows = 1) {
    auto request = std::make_unique<InferRequest>();
    request->rows = rows;
    Tensor x = MakeTensor(pool_, DataType::kFp32, {rows, 4});
    std::ranges::fill(x.MutableAs<float>(), 1.0F);
    request->bytes = x.data.size();
    request->inputs.push_back({"x", std::move(x)});
    request->outputs.push_back({.name = "y", .index = 0, .destination = {}});
    request->stages.received = request->stages.queued = clock_.Now();
    request->reply = std::move(reply);
    return request;
  }
  RequestPtr Request(const RecordedReply& reply, int64_t rows = 1) { return Request(reply.MakeReply(), rows); }

  void Run(RequestPtr one, RequestPtr other = nullptr) {
    std::vector<RequestPtr> batch;
    batch.push_back(std::move(one));
    if (other != nullptr) batch.push_back(std::move(other));
    BatchRunner(id_, signature_, pool_, clock_, metrics_, model_->decoupled(), &shapes_).Run(*model_, std::move(batch));
  }

  // The numbers that a reader adds up.
  void ExpectThatItAddsUp(uint64_t successes, uint64_t failures, const std::map<uint64_t, uint64_t>& runs_by_rows) {
    const ModelStatistics statistics = metrics_.statistics();
    EXPECT_EQ(statistics.success.count, successes);
    EXPECT_EQ(statistics.queue.count, successes);
    EXPECT_EQ(statistics.compute_input.count, successes);
    EXPECT_EQ(statistics.compute_infer.count, successes);
    EXPECT_EQ(statistics.compute_output.count, successes);
    EXPECT_EQ(statistics.fail.count, failures);
    EXPECT_EQ(statistics.failures[0] + statistics.failures[1] + statistics.failures[2] + statistics.failures[3],
              failures);
    std::map<uint64_t, uint64_t> runs;
    uint64_t inferences = 0;
    uint64_t executions = 0;
    for (const auto& [rows, batch] : statistics.batches) {
      runs[rows] = batch.compute_infer.count;
      inferences += rows * batch.compute_infer.count;
      executions += batch.compute_infer.count;
    }
    EXPECT_EQ(runs, runs_by_rows);
    EXPECT_EQ(statistics.inferences, inferences);
    EXPECT_EQ(statistics.executions, executions);
  }

  uint64_t failures(FailureReason reason) const { return metrics_.statistics().failures[static_cast<size_t>(reason)]; }

  const ModelId id_{"m", 1};
  Signature signature_ = FakeSignature();
  MemoryPool pool_;
  ManualClock clock_;
  metrics::Registry registry_;
  ModelMetrics metrics_{registry_, id_};
  ShapeBook shapes_;
  std::shared_ptr<FakeScript> script_ = std::make_shared<FakeScript>();  // shared with the model
  std::unique_ptr<OpenModel> model_ = MakeFakeModel(script_);
};

// --- What is noted for a successor.

TEST_F(BatchRunnerTest, NotesTheShapesOfRunsThatSucceed) {
  const RecordedReply one;
  const RecordedReply other;
  Run(Request(one, 2), Request(other, 3));
  EXPECT_THAT(shapes_.InUse(), testing::ElementsAre(InputShapes{{5, 4}}));
  script_->FailWhen([](int64_t rows) { return rows > 2 ? InvalidArgument("bad row") : Status(); });
  const RecordedReply good;
  const RecordedReply bad;
  Run(Request(good, 2), Request(bad, 6));
  EXPECT_THAT(shapes_.InUse(), testing::ElementsAre(InputShapes{{5, 4}}, InputShapes{{2, 4}}));
}

TEST_F(BatchRunnerTest, NotesTheShapesOfADecoupledModelToo) {
  model_ = MakeFakeModel(script_, {.decoupled = true});
  const RecordedReply reply;
  Run(Request(reply, 3));
  EXPECT_THAT(shapes_.InUse(), testing::ElementsAre(InputShapes{{3, 4}}));
}

// --- What is counted.

TEST_F(BatchRunnerTest, CountsABatchOnceAndItsRequestsOneByOne) {
  const RecordedReply one;
  const RecordedReply other;
  Run(Request(one, 2), Request(other, 3));
  EXPECT_TRUE(one.Wait().status.ok());
  EXPECT_TRUE(other.Wait().status.ok());
  ExpectThatItAddsUp(2, 0, {{5, 1}});
}

TEST_F(BatchRunnerTest, CountsRequestsThatRanAgainAloneAsRunsOfTheirOwn) {
  script_->FailWhen([](int64_t rows) { return rows > 2 ? InvalidArgument("bad row") : Status(); });
  const RecordedReply good;
  const RecordedReply bad;
  Run(Request(good, 2), Request(bad, 3));
  EXPECT_TRUE(good.Wait().status.ok());
  EXPECT_EQ(bad.Wait().status.code(), StatusCode::kInvalidArgument);
  ExpectThatItAddsUp(1, 1, {{2, 1}});
  EXPECT_EQ(failures(FailureReason::kBackend), 1U);
}

TEST_F(BatchRunnerTest, CountsARequestWhoseAnswerFoundNoRoomAsFailed) {
  const RecordedReply good;
  const RecordedReply bad;
  RequestPtr without_room = Request(bad, 3);
  without_room->outputs[0].destination = Buffer::Take(pool_, 4);
  Run(Request(good, 2), std::move(without_room));
  EXPECT_TRUE(good.Wait().status.ok());
  EXPECT_EQ(bad.Wait().status.code(), StatusCode::kInvalidArgument);
  ExpectThatItAddsUp(1, 1, {{2, 1}});
  EXPECT_EQ(failures(FailureReason::kOther), 1U);
}

TEST_F(BatchRunnerTest, CountsARunThatFailed) {
  script_->FailWhen([](int64_t) { return Internal("broken"); });
  const RecordedReply reply;
  Run(Request(reply));
  EXPECT_EQ(reply.Wait().status.code(), StatusCode::kInternal);
  ExpectThatItAddsUp(0, 1, {});
  EXPECT_EQ(failures(FailureReason::kBackend), 1U);
}

TEST_F(BatchRunnerTest, CountsWhatExpired) {
  BatchRunner runner(id_, signature_, pool_, clock_, metrics_);
  const RecordedReply replies[3];
  const Expired::Why whys[] = {Expired::Why::kCancelled, Expired::Why::kDeadline, Expired::Why::kQueueTimeout};
  std::vector<Expired> expired;
  for (size_t i = 0; i < 3; ++i) expired.push_back({.request = Request(replies[i]), .why = whys[i]});
  runner.AnswerExpired(std::move(expired));
  EXPECT_EQ(replies[0].Wait().status.code(), StatusCode::kCancelled);
  EXPECT_EQ(replies[1].Wait().status.code(), StatusCode::kDeadlineExceeded);
  EXPECT_EQ(replies[2].Wait().status.code(), StatusCode::kDeadlineExceeded);
  EXPECT_THAT(replies[2].Wait().status.message(), HasSubstr("queue policy"));
  ExpectThatItAddsUp(0, 3, {});
  EXPECT_EQ(failures(FailureReason::kCanceled), 1U);
  EXPECT_EQ(failures(FailureReason::kRejected), 2U);
}

TEST_F(BatchRunnerTest, CountsThoseAsPredictedLateWhomNoRunWouldAnswerInTime) {
  BatchRunner runner(id_, signature_, pool_, clock_, metrics_, /*decoupled=*/false, nullptr);
  const RecordedReply replies[3];
  const Expired::Why whys[] = {Expired::Why::kGoal, Expired::Why::kTooLate, Expired::Why::kDeadline};
  std::vector<Expired> expired;
  for (size_t i = 0; i < 3; ++i) expired.push_back({.request = Request(replies[i]), .why = whys[i]});
  runner.AnswerExpired(std::move(expired));
  EXPECT_EQ(replies[0].Wait().status.code(), StatusCode::kOverloaded);
  EXPECT_THAT(registry_.Expose(), HasSubstr("trireme_predicted_late_total{model=\"m\",version=\"1\"} 2"));
}

TEST_F(BatchRunnerTest, CountsAllOfABatchBeforeAnyoneHasAnAnswer) {
  std::vector<uint64_t> seen;
  const auto look = [&] { seen.push_back(metrics_.statistics().success.count); };
  Run(Request(Reply(std::make_unique<CallingSink>(look))), Request(Reply(std::make_unique<CallingSink>(look))));
  EXPECT_EQ(seen, (std::vector<uint64_t>{2, 2}));
}

TEST_F(BatchRunnerTest, TimeLostInABatchThatFailedIsTimeInLine) {
  script_->FailWhen([this](int64_t rows) {
    clock_.Advance(std::chrono::milliseconds(1));
    return rows > 1 ? InvalidArgument("not together") : Status();
  });
  const RecordedReply one;
  const RecordedReply other;
  Run(Request(one), Request(other));
  EXPECT_TRUE(other.Wait().status.ok());
  const ModelStatistics statistics = metrics_.statistics();
  EXPECT_EQ(statistics.queue.total, std::chrono::milliseconds(1 + 2));
  EXPECT_EQ(statistics.compute_input.total, Duration(0));
  EXPECT_EQ(statistics.compute_infer.total, std::chrono::milliseconds(2));
}

// --- What clients see.

TEST_F(BatchRunnerTest, GivesOutputsTheShapeThatClientsKnow) {
  signature_.outputs[0].model_shape = signature_.outputs[0].shape;
  signature_.outputs[0].shape = {Shape::kAny, 2, 1, 2};
  const RecordedReply one;
  const RecordedReply other;
  Run(Request(one, 2), Request(other, 3));
  EXPECT_EQ(one.Wait().response->outputs[0].tensor.shape, (Shape{2, 2, 1, 2}));
  EXPECT_EQ(other.Wait().response->outputs[0].tensor.shape, (Shape{3, 2, 1, 2}));
  const RecordedReply alone;
  Run(Request(alone));
  EXPECT_EQ(alone.Wait().response->outputs[0].tensor.shape, (Shape{1, 2, 1, 2}));
}

TEST_F(BatchRunnerTest, SaysWhatCannotBeReshaped) {
  signature_.outputs[0].model_shape = Shape{Shape::kAny, 6};
  signature_.outputs[0].shape = {Shape::kAny, 2, 3};
  const RecordedReply reply;
  Run(Request(reply));
  EXPECT_EQ(reply.Wait().status.code(), StatusCode::kInternal);
  EXPECT_THAT(reply.Wait().status.message(), HasSubstr("output 'y' of shape [1,4]"));
}

// --- Of a decoupled model.

// Does something when a response comes.
class ResponseSink final : public ReplySink {
 public:
  ResponseSink(const RecordedReply& reply, std::function<void()> on_response)
      : reply_(reply.MakeReply()), on_response_(std::move(on_response)) {}
  void Respond(InferResponse response) override {
    on_response_();
    reply_.Send(std::move(response));
  }
  void End(std::unique_ptr<ReplySink> /*self*/, Outcome outcome) override {
    reply_.Finish(std::move(outcome.status), outcome.stages);
  }

 private:
  Reply reply_;
  std::function<void()> on_response_;
};

class DecoupledRunnerTest : public BatchRunnerTest {
 protected:
  DecoupledRunnerTest() { model_ = MakeFakeModel(script_, {.decoupled = true}); }

  void Run(RequestPtr one, RequestPtr other = nullptr) {
    std::vector<RequestPtr> batch;
    batch.push_back(std::move(one));
    if (other != nullptr) batch.push_back(std::move(other));
    BatchRunner(id_, signature_, pool_, clock_, metrics_, /*decoupled=*/true).Run(*model_, std::move(batch));
  }
  ModelStatistics::Response Counts(size_t index) const { return metrics_.statistics().responses.at(index); }
};

TEST_F(DecoupledRunnerTest, SendsResponsesAndThenTheEnd) {
  const RecordedReply reply;
  Run(Request(reply, 3));
  const Outcome outcome = reply.Wait();
  EXPECT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_FALSE(outcome.response.has_value());
  EXPECT_EQ(reply.finishes(), 1);
  ASSERT_EQ(reply.partial_responses(), 3U);
  const InferResponse first = reply.responses().front();
  EXPECT_EQ(first.model, id_);
  EXPECT_EQ(first.outputs.at(0).name, "y");
  EXPECT_EQ(first.outputs.at(0).tensor.shape, (Shape{1, 4}));
  EXPECT_EQ(first.outputs.at(0).tensor.As<float>()[0], 2.0F);
  ExpectThatItAddsUp(1, 0, {{3, 1}});
}

TEST_F(DecoupledRunnerTest, MayEndWithoutAResponse) {
  const RecordedReply reply;
  Run(Request(reply, 0));
  EXPECT_TRUE(reply.Wait().status.ok());
  EXPECT_EQ(reply.partial_responses(), 0U);
  EXPECT_EQ(Counts(0).empty_response.count, 1U);
}

TEST_F(DecoupledRunnerTest, RunsEachRequestAlone) {
  const RecordedReply one;
  const RecordedReply other;
  Run(Request(one, 2), Request(other, 3));
  EXPECT_EQ(one.partial_responses(), 2U);
  EXPECT_EQ(other.partial_responses(), 3U);
  EXPECT_EQ(script_->runs(), (std::vector<int64_t>{2, 3}));
}

TEST_F(DecoupledRunnerTest, GivesResponsesTheShapeThatClientsKnow) {
  signature_.outputs[0].model_shape = signature_.outputs[0].shape;
  signature_.outputs[0].shape = {Shape::kAny, 2, 2};
  const RecordedReply reply;
  Run(Request(reply, 1));
  EXPECT_EQ(reply.responses().at(0).outputs.at(0).tensor.shape, (Shape{1, 2, 2}));
  signature_.outputs[0].model_shape = Shape{Shape::kAny, 6};
  const RecordedReply bad;
  Run(Request(bad, 2));
  EXPECT_EQ(bad.Wait().status.code(), StatusCode::kInternal);
  EXPECT_EQ(bad.partial_responses(), 0U);
}

TEST_F(DecoupledRunnerTest, BringsEachResponseWhereTheCallerWants) {
  const RecordedReply reply;
  RequestPtr request = Request(reply, 2);
  request->outputs[0].destination = Buffer::Take(pool_, 64);
  const std::byte* destination = request->outputs[0].destination.data();
  Run(std::move(request));
  for (const InferResponse& response : reply.responses()) {
    EXPECT_EQ(response.outputs.at(0).tensor.data.data(), destination);
  }
}

TEST_F(DecoupledRunnerTest, TellsTheEndOfARunThatBrokeOff) {
  script_->FailAfter(2, Internal("out of tokens"));
  const RecordedReply reply;
  Run(Request(reply, 3));
  EXPECT_EQ(reply.Wait().status.message(), "out of tokens");
  EXPECT_EQ(reply.partial_responses(), 2U);
  ExpectThatItAddsUp(0, 1, {});
  EXPECT_EQ(failures(FailureReason::kBackend), 1U);
  EXPECT_EQ(Counts(1).success.count, 1U);
  EXPECT_EQ(Counts(2).fail.count, 1U);
}

TEST_F(DecoupledRunnerTest, EndsTheRunWhoseClientHasGone) {
  const Cancellation gone = Cancellation::Make();
  const RecordedReply reply;
  RequestPtr request = Request(Reply(std::make_unique<ResponseSink>(reply, [&] { gone.Cancel(); })), 3);
  request->cancellation = gone;
  Run(std::move(request));
  EXPECT_EQ(reply.Wait().status.code(), StatusCode::kCancelled);
  EXPECT_EQ(reply.partial_responses(), 1U);
  EXPECT_EQ(failures(FailureReason::kCanceled), 1U);
  EXPECT_EQ(Counts(1).cancel.count, 1U);
}

TEST_F(DecoupledRunnerTest, EndsTheRunThatIsPastItsDeadline) {
  const RecordedReply reply;
  RequestPtr request =
      Request(Reply(std::make_unique<ResponseSink>(reply, [&] { clock_.Advance(std::chrono::seconds(1)); })), 3);
  request->deadline = clock_.Now() + std::chrono::milliseconds(1500);
  Run(std::move(request));
  EXPECT_EQ(reply.Wait().status.code(), StatusCode::kDeadlineExceeded);
  EXPECT_EQ(reply.partial_responses(), 2U);
  EXPECT_EQ(failures(FailureReason::kOther), 1U);
}

TEST_F(DecoupledRunnerTest, CountsAResponseBeforeItLeaves) {
  std::vector<uint64_t> seen;
  const RecordedReply reply;
  const auto look = [&] { seen.push_back(Counts(seen.size()).success.count); };
  Run(Request(Reply(std::make_unique<ResponseSink>(reply, look)), 2));
  EXPECT_EQ(seen, (std::vector<uint64_t>{1, 1}));
}

TEST_F(DecoupledRunnerTest, CountsTheTimeBetweenResponses) {
  const RecordedReply reply;
  script_->FailWhen([this](int64_t) {
    clock_.Advance(std::chrono::milliseconds(7));
    return Status();
  });
  Run(Request(reply, 2));
  EXPECT_EQ(Counts(0).compute_infer.total, std::chrono::milliseconds(7));
  EXPECT_EQ(Counts(0).success.total, std::chrono::milliseconds(7));
  EXPECT_EQ(Counts(1).compute_infer.total, Duration(0));
  EXPECT_EQ(Counts(2).empty_response.count, 1U) << "the end";
  EXPECT_EQ(reply.responses().at(0).stages.run_end, clock_.Now());
  EXPECT_EQ(metrics_.statistics().compute_infer.total, std::chrono::milliseconds(7));
}

TEST_F(DecoupledRunnerTest, GivesOneResponseOfAModelThatHasNoMore) {
  model_ = MakeFakeModel(script_);
  const RecordedReply reply;
  Run(Request(reply, 3));
  EXPECT_TRUE(reply.Wait().status.ok());
  ASSERT_EQ(reply.partial_responses(), 1U);
  EXPECT_EQ(reply.responses().at(0).outputs.at(0).tensor.shape, (Shape{3, 4}));
  script_->FailWhen([](int64_t) { return InvalidArgument("bad"); });
  const RecordedReply bad;
  Run(Request(bad));
  EXPECT_EQ(bad.Wait().status.message(), "bad");
}

}  // namespace
}  // namespace trireme
