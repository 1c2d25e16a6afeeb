// SPDX-License-Identifier: Apache-2.0
#include "scheduler/model_line.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "backend/testing/fake_backend.h"
#include "base/memory_pool.h"
#include "base/testing/manual_clock.h"
#include "base/testing/manual_executor.h"
#include "metrics/registry.h"
#include "model/testing/calling_sink.h"
#include "model/testing/recorded_reply.h"

namespace trireme {
namespace {

class ModelLineTest : public testing::Test {
 protected:
  void Start(ModelLine::Options options) {
    line_ = std::make_unique<ModelLine>(ModelId{"m", 1}, FakeSignature(), MakeFakeModel(script_), options, pool_,
                                        metrics_, clock_);
  }

  RequestPtr Request(const RecordedReply& reply, std::vector<float> values = {1, 2, 3, 4}) {
    auto request = std::make_unique<InferRequest>();
    request->rows = static_cast<int64_t>(values.size()) / 4;
    Tensor x = MakeTensor(pool_, DataType::kFp32, {request->rows, 4});
    std::copy(values.begin(), values.end(), x.MutableAs<float>().begin());
    request->bytes = x.data.size();
    request->inputs.push_back({"x", std::move(x)});
    request->outputs.push_back({.name = "y", .index = 0, .destination = {}});
    request->stages.received = clock_.Now();
    request->reply = reply.MakeReply();
    return request;
  }

  static std::vector<float> Values(const Outcome& outcome) {
    const std::span<const float> y = outcome.response->outputs[0].tensor.As<float>();
    return {y.begin(), y.end()};
  }

  MemoryPool pool_;
  metrics::Registry registry_;
  ModelMetrics metrics_{registry_, {"m", 1}};
  ManualClock clock_;
  std::shared_ptr<FakeScript> script_ = std::make_shared<FakeScript>();  // shared with the model
  std::unique_ptr<ModelLine> line_;
};

using Floats = std::vector<float>;
using Rows = std::vector<int64_t>;

TEST_F(ModelLineTest, AnswersARequest) {
  Start({});
  RecordedReply reply;
  line_->Push(Request(reply));
  const Outcome outcome = reply.Wait();
  ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(outcome.response->model, (ModelId{"m", 1}));
  EXPECT_EQ(outcome.response->outputs[0].name, "y");
  EXPECT_EQ(Values(outcome), (Floats{2, 4, 6, 8}));
}

TEST_F(ModelLineTest, RunsTogetherWhatCameWhileTheInstanceWasBusy) {
  Start({.rules = {.max_rows = 8}});
  script_->Hold();
  RecordedReply first;
  RecordedReply second;
  RecordedReply third;
  line_->Push(Request(first));
  script_->WaitUntilHeld(1);
  line_->Push(Request(second, {1, 1, 1, 1, 2, 2, 2, 2}));
  line_->Push(Request(third, {3, 3, 3, 3}));
  script_->Release();
  EXPECT_EQ(Values(first.Wait()), (Floats{2, 4, 6, 8}));
  EXPECT_EQ(Values(second.Wait()), (Floats{2, 2, 2, 2, 4, 4, 4, 4}));
  EXPECT_EQ(Values(third.Wait()), (Floats{6, 6, 6, 6}));
  EXPECT_EQ(third.Wait().stages.batch_rows, 3);
  EXPECT_EQ(script_->runs(), (Rows{1, 3}));
}

TEST_F(ModelLineTest, RunsOnAllItsInstances) {
  Start({.instances = 2});
  script_->Hold();
  RecordedReply first;
  RecordedReply second;
  line_->Push(Request(first));
  line_->Push(Request(second));
  script_->WaitUntilHeld(2);
  script_->Release();
  EXPECT_TRUE(first.Wait().status.ok());
  EXPECT_TRUE(second.Wait().status.ok());
}

TEST_F(ModelLineTest, AnswersOverloadedWhenTheLineIsFull) {
  Start({.rules = {.max_waiting_requests = 1}});
  script_->Hold();
  RecordedReply running;
  RecordedReply waiting;
  RecordedReply refused;
  line_->Push(Request(running));
  script_->WaitUntilHeld(1);
  line_->Push(Request(waiting));
  line_->Push(Request(refused));
  EXPECT_EQ(refused.Wait().status.code(), StatusCode::kOverloaded);
  script_->Release();
  EXPECT_TRUE(running.Wait().status.ok());
  EXPECT_TRUE(waiting.Wait().status.ok());
}

TEST_F(ModelLineTest, OneBadRequestDoesNotFailItsNeighbours) {
  Start({.rules = {.max_rows = 8}});
  script_->Hold();
  RecordedReply first;
  RecordedReply bad;
  RecordedReply good;
  line_->Push(Request(first));
  script_->WaitUntilHeld(1);
  // Fails the batch of both, then the one with two rows alone.
  script_->FailWhen([](int64_t rows) { return rows >= 2 ? InvalidArgument("bad row") : Status(); });
  line_->Push(Request(bad, {1, 1, 1, 1, 2, 2, 2, 2}));
  line_->Push(Request(good, {3, 3, 3, 3}));
  script_->Release();
  EXPECT_EQ(bad.Wait().status.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(Values(good.Wait()), (Floats{6, 6, 6, 6}));
  EXPECT_EQ(script_->runs(), (Rows{1, 3, 2, 1}));
}

TEST_F(ModelLineTest, ARunWithoutMemoryIsAnsweredAndHarmsNoOther) {
  Start({});
  script_->FailWhen([](int64_t) -> Status { throw std::bad_alloc(); });
  RecordedReply lost;
  line_->Push(Request(lost));
  EXPECT_EQ(lost.Wait().status.code(), StatusCode::kOutOfMemory);
  script_->FailWhen(nullptr);
  RecordedReply next;
  line_->Push(Request(next));
  EXPECT_EQ(Values(next.Wait()), (Floats{2, 4, 6, 8}));
}

TEST_F(ModelLineTest, AnswersExpiredRequestsWithoutRunningThem) {
  Start({});
  script_->Hold();
  RecordedReply running;
  RecordedReply late;
  line_->Push(Request(running));
  script_->WaitUntilHeld(1);
  RequestPtr request = Request(late);
  request->deadline = clock_.Now() + std::chrono::milliseconds(10);
  line_->Push(std::move(request));
  clock_.Advance(std::chrono::milliseconds(10));
  script_->Release();
  EXPECT_EQ(late.Wait().status.code(), StatusCode::kDeadlineExceeded);
  EXPECT_EQ(script_->runs().size(), 1U);
}

TEST_F(ModelLineTest, AnswersCancelledRequestsWithoutRunningThem) {
  Start({});
  script_->Hold();
  RecordedReply running;
  RecordedReply gone;
  line_->Push(Request(running));
  script_->WaitUntilHeld(1);
  RequestPtr request = Request(gone);
  request->cancellation = Cancellation::Make();
  const Cancellation client = request->cancellation;
  line_->Push(std::move(request));
  client.Cancel();
  script_->Release();
  EXPECT_EQ(gone.Wait().status.code(), StatusCode::kCancelled);
}

TEST_F(ModelLineTest, CloseAnswersWhatWaitsAndRefusesWhatComesLater) {
  Start({.rules = {.max_rows = 8, .max_delay = std::chrono::hours(1)}});
  RecordedReply waiting;
  line_->Push(Request(waiting));  // would wait an hour for company
  line_->Close();
  EXPECT_TRUE(waiting.Wait().status.ok());
  RecordedReply late;
  line_->Push(Request(late));
  EXPECT_EQ(late.Wait().status.code(), StatusCode::kUnavailable);
}

TEST_F(ModelLineTest, RunsACheapIdleModelOnTheCallersThread) {
  Start({});
  RecordedReply first;
  line_->Push(Request(first));  // nothing is known of its cost yet
  ASSERT_TRUE(first.Wait().status.ok());
  // The clock stands still, so runs take no time. Once the first is recorded, a push has its answer when it returns.
  bool answered_at_once = false;
  for (int i = 0; i < 10'000 && !answered_at_once; ++i) {
    RecordedReply reply;
    line_->Push(Request(reply));
    answered_at_once = reply.finished();
    ASSERT_TRUE(reply.Wait().status.ok());
  }
  EXPECT_TRUE(answered_at_once);
}

TEST_F(ModelLineTest, NeverRunsInlineWhenToldNotTo) {
  Start({.run_inline = false});
  script_->Hold();
  for (int i = 0; i < 3; ++i) {
    RecordedReply reply;
    line_->Push(Request(reply));
    EXPECT_FALSE(reply.finished());
    script_->Release();
    EXPECT_TRUE(reply.Wait().status.ok());
    script_->Hold();
  }
  script_->Release();
}

TEST_F(ModelLineTest, WritesToTheDestinationThatTheCallerSupplied) {
  Start({});
  RecordedReply reply;
  RequestPtr request = Request(reply);
  Buffer destination = Buffer::Take(pool_, 16);
  request->outputs[0].destination = destination;
  line_->Push(std::move(request));
  const Outcome outcome = reply.Wait();
  ASSERT_TRUE(outcome.status.ok());
  EXPECT_EQ(outcome.response->outputs[0].tensor.data.data(), destination.data());
  EXPECT_EQ(reinterpret_cast<const float*>(destination.data())[3], 8);
}

TEST_F(ModelLineTest, RefusesADestinationThatIsTooSmall) {
  Start({});
  RecordedReply reply;
  RequestPtr request = Request(reply);
  request->outputs[0].destination = Buffer::Take(pool_, 15);
  line_->Push(std::move(request));
  EXPECT_EQ(reply.Wait().status.code(), StatusCode::kInvalidArgument);
}

TEST_F(ModelLineTest, AnswersEachOfManyConcurrentRequestsExactlyOnce) {
  Start({.rules = {.max_rows = 4}, .instances = 2});
  constexpr int kThreads = 4;
  constexpr int kRequests = 200;
  std::vector<std::vector<RecordedReply>> replies(kThreads);
  for (auto& own : replies) own = std::vector<RecordedReply>(kRequests);
  std::vector<std::thread> clients;
  for (auto& own : replies) {
    clients.emplace_back([this, &own] {
      for (size_t i = 0; i < own.size(); ++i) {
        const float value = static_cast<float>(i);
        line_->Push(Request(own[i], {value, value, value, value}));
      }
    });
  }
  for (std::thread& client : clients) client.join();
  line_->Close();
  for (const auto& own : replies) {
    for (size_t i = 0; i < own.size(); ++i) {
      ASSERT_EQ(own[i].finishes(), 1);
      const Outcome outcome = own[i].Wait();
      ASSERT_TRUE(outcome.status.ok()) << outcome.status;
      ASSERT_EQ(Values(outcome)[0], 2 * static_cast<float>(i));
    }
  }
}

// --- Brought by an event loop.

class GatheringLineTest : public ModelLineTest {
 protected:
  static constexpr size_t kTogether = 3;

  struct Turn {
    std::vector<RecordedReply> replies = std::vector<RecordedReply>(kTogether);
    bool answered_before_its_end = false;
    bool answered_at_its_end = true;
  };

  // The loop brings three requests of a row each, and its turn ends.
  Turn TakeTurn() {
    Turn turn;
    for (const RecordedReply& reply : turn.replies) Bring(reply);
    for (const RecordedReply& reply : turn.replies) turn.answered_before_its_end |= reply.finished();
    loop_.EndTurn();
    for (const RecordedReply& reply : turn.replies) turn.answered_at_its_end &= reply.finished();
    for (const RecordedReply& reply : turn.replies) EXPECT_TRUE(reply.Wait().status.ok());
    return turn;
  }

  void Bring(const RecordedReply& reply) {
    RequestPtr request = Request(reply);
    request->loop = &loop_;
    line_->Push(std::move(request));
  }

  // The first runs are an instance's, and what they took is known a little after they were answered.
  void TakeTurnsUntilTheLoopRunsAll() {
    const std::thread::id loop = std::this_thread::get_id();
    for (int i = 0; i < 10'000; ++i) {
      std::atomic<size_t> answered = 0;
      size_t here = 0;
      for (size_t k = 0; k < kTogether; ++k) {
        Bring(std::make_unique<CallingSink>([&] {
          if (std::this_thread::get_id() == loop) ++here;
          ++answered;
        }));
      }
      loop_.EndTurn();
      while (answered < kTogether) std::this_thread::yield();
      if (here == kTogether) return;
    }
    FAIL() << "the loop never ran the model";
  }

  void Bring(std::unique_ptr<ReplySink> sink) {
    RequestPtr request = Request(RecordedReply());
    request->reply = Reply(std::move(sink));
    request->loop = &loop_;
    line_->Push(std::move(request));
  }

  ManualExecutor loop_;
};

TEST_F(GatheringLineTest, RunsTogetherWhatALoopBringsInATurn) {
  Start({.rules = {.max_rows = 8}});
  TakeTurnsUntilTheLoopRunsAll();
  const Turn turn = TakeTurn();
  EXPECT_FALSE(turn.answered_before_its_end);
  EXPECT_TRUE(turn.answered_at_its_end);
  EXPECT_EQ(script_->runs().back(), 3);
  for (const RecordedReply& reply : turn.replies) {
    EXPECT_EQ(Values(reply.Wait()), (Floats{2, 4, 6, 8}));
    EXPECT_EQ(reply.finishes(), 1);
  }
}

TEST_F(GatheringLineTest, RunsAFullBatchBeforeTheTurnEnds) {
  Start({.rules = {.max_rows = 2}});
  TakeTurnsUntilTheLoopRunsAll();
  std::vector<RecordedReply> replies(3);
  for (const RecordedReply& reply : replies) Bring(reply);
  EXPECT_TRUE(replies[0].finished());
  EXPECT_TRUE(replies[1].finished());
  EXPECT_FALSE(replies[2].finished());
  loop_.EndTurn();
  EXPECT_TRUE(replies[2].finished());
}

TEST_F(GatheringLineTest, RunsALongRequestAtOnce) {
  Start({.rules = {.max_rows = 1 << 20}});
  const std::vector<float> values(8192, 1);  // 32 KiB
  bool answered_at_once = false;
  for (int i = 0; i < 10'000 && !answered_at_once; ++i) {
    RecordedReply reply;
    RequestPtr request = Request(reply, values);
    request->loop = &loop_;
    line_->Push(std::move(request));
    answered_at_once = reply.finished();
    loop_.EndTurn();
    ASSERT_TRUE(reply.Wait().status.ok());
  }
  EXPECT_TRUE(answered_at_once);
}

TEST_F(GatheringLineTest, AnswersWhatAnotherThreadBringsWhileALoopGathers) {
  Start({.rules = {.max_rows = 8}});
  TakeTurnsUntilTheLoopRunsAll();
  RecordedReply gathered;
  RecordedReply other;
  Bring(gathered);
  std::thread([&] { line_->Push(Request(other)); }).join();
  EXPECT_FALSE(other.finished());  // there is one instance, and the loop has its place
  loop_.EndTurn();
  EXPECT_TRUE(gathered.Wait().status.ok());
  EXPECT_TRUE(other.Wait().status.ok());
}

TEST_F(GatheringLineTest, RunsInTheNextTurnWhatAnAnswerBrings) {
  Start({.rules = {.max_rows = 8}});
  TakeTurnsUntilTheLoopRunsAll();
  RecordedReply second;
  RecordedReply third;
  Bring(std::make_unique<CallingSink>([&] {
    Bring(second);
    Bring(third);
  }));
  loop_.EndTurn();
  EXPECT_FALSE(second.finished());
  loop_.EndTurn();
  EXPECT_TRUE(second.finished());
  EXPECT_TRUE(third.finished());
  EXPECT_EQ(script_->runs().back(), 2);
}

TEST_F(GatheringLineTest, AnswersWhatWaitsForATurnsEndWhenItIsClosed) {
  Start({.rules = {.max_rows = 8}});
  TakeTurnsUntilTheLoopRunsAll();
  RecordedReply reply;
  Bring(reply);
  std::thread closer([&] { line_.reset(); });
  loop_.EndTurn();
  closer.join();
  EXPECT_EQ(reply.finishes(), 1);
  EXPECT_TRUE(reply.Wait().status.ok());
}

// --- Of a decoupled model.

class DecoupledLineTest : public ModelLineTest {
 protected:
  void Start(ModelLine::Options options) {
    options.decoupled = true;
    line_ = std::make_unique<ModelLine>(ModelId{"m", 1}, FakeSignature(), MakeFakeModel(script_, {.decoupled = true}),
                                        options, pool_, metrics_, clock_);
  }
  static constexpr size_t kRows = 3;
  const std::vector<float> values_ = std::vector<float>(4 * kRows, 1);
};

TEST_F(DecoupledLineTest, LetsResponsesOutAsTheyCome) {
  Start({});
  script_->HoldBefore(1);
  RecordedReply reply;
  line_->Push(Request(reply, values_));
  reply.WaitForResponses(1);
  script_->WaitUntilHeld(1);
  EXPECT_EQ(reply.partial_responses(), 1U);
  EXPECT_FALSE(reply.finished());
  script_->Release();
  EXPECT_TRUE(reply.Wait().status.ok());
  EXPECT_EQ(reply.partial_responses(), kRows);
}

TEST_F(DecoupledLineTest, NeverRunsInline) {
  Start({});
  for (int i = 0; i < 20; ++i) {
    RecordedReply reply;
    line_->Push(Request(reply));
    reply.Wait();
  }
  script_->Hold();
  RecordedReply held;
  line_->Push(Request(held));  // would not return
  EXPECT_FALSE(held.finished());
  script_->Release();
  held.Wait();
}

TEST_F(DecoupledLineTest, IsFreeAgainOnceAClientHasGone) {
  Start({});
  script_->HoldBefore(1);
  RecordedReply left;
  RequestPtr request = Request(left, values_);
  const Cancellation gone = Cancellation::Make();
  request->cancellation = gone;
  line_->Push(std::move(request));
  left.WaitForResponses(1);
  script_->WaitUntilHeld(1);
  RecordedReply next;
  line_->Push(Request(next, values_));
  gone.Cancel();
  script_->Release();
  EXPECT_EQ(left.Wait().status.code(), StatusCode::kCancelled);
  EXPECT_EQ(left.partial_responses(), 1U);
  EXPECT_TRUE(next.Wait().status.ok());
  EXPECT_EQ(next.partial_responses(), kRows);
}

TEST_F(DecoupledLineTest, AnswersWhatRunsAndWaitsWhenItIsClosed) {
  Start({});
  script_->HoldBefore(1);
  RecordedReply running;
  RecordedReply waiting;
  line_->Push(Request(running, values_));
  line_->Push(Request(waiting, values_));
  running.WaitForResponses(1);
  std::thread closer([&] { line_->Close(); });
  script_->Release();
  closer.join();
  EXPECT_EQ(running.partial_responses(), kRows);
  EXPECT_EQ(waiting.partial_responses(), kRows);
  EXPECT_TRUE(running.Wait().status.ok());
  EXPECT_TRUE(waiting.Wait().status.ok());
}

}  // namespace
}  // namespace trireme
