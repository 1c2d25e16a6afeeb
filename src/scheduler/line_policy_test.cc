// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <utility>

#include "backend/testing/fake_backend.h"
#include "base/memory_pool.h"
#include "base/testing/manual_clock.h"
#include "metrics/registry.h"
#include "model/testing/recorded_reply.h"
#include "scheduler/model_line.h"

namespace trireme {
namespace {

using testing::HasSubstr;

using Names = std::vector<std::string>;

// What answers say, in the order in which they leave.
class Log {
 public:
  class Sink final : public ReplySink {
   public:
    Sink(Log& log, std::string name) : log_(log), name_(std::move(name)) {}
    void Respond(InferResponse /*response*/) override {}
    void End(std::unique_ptr<ReplySink> /*self*/, Outcome /*outcome*/) override {
      const MutexLock lock(log_.mutex_);
      log_.names_.push_back(name_);
    }

   private:
    Log& log_;
    std::string name_;
  };

  Names names() const {
    const MutexLock lock(mutex_);
    return names_;
  }

 private:
  mutable Mutex mutex_;
  Names names_ GUARDED_BY(mutex_);
};

// How a line keeps the policies of a model's config.
class LinePolicyTest : public testing::Test {
 protected:
  void Start(ModelLine::Options options, const Clock& clock) {
    line_ = std::make_unique<ModelLine>(ModelId{"m", 1}, FakeSignature(), MakeFakeModel(script_), std::move(options),
                                        pool_, metrics_, clock);
  }
  void Start(ModelLine::Options options) { Start(std::move(options), clock_); }

  RequestPtr Request(Reply reply, int64_t rows = 1) {
    auto request = std::make_unique<InferRequest>();
    request->rows = rows;
    Tensor x = MakeTensor(pool_, DataType::kFp32, {rows, 4});
    std::ranges::fill(x.MutableAs<float>(), 1.0F);
    request->bytes = x.data.size();
    request->inputs.push_back({"x", std::move(x)});
    request->outputs.push_back({.name = "y", .index = 0, .destination = {}});
    request->stages.received = clock_.Now();
    request->reply = std::move(reply);
    return request;
  }
  RequestPtr Request(const RecordedReply& reply) { return Request(reply.MakeReply()); }
  RequestPtr Request(Log& log, std::string name, int64_t rows = 1) {
    return Request(Reply(std::make_unique<Log::Sink>(log, std::move(name))), rows);
  }

  MemoryPool pool_;
  metrics::Registry registry_;
  ModelMetrics metrics_{registry_, {"m", 1}};
  ManualClock clock_;
  std::shared_ptr<FakeScript> script_ = std::make_shared<FakeScript>();  // shared with the model
  std::unique_ptr<ModelLine> line_;
};

TEST_F(LinePolicyTest, RunsTheMostUrgentFirst) {
  Start({.rules = {.priority_levels = 2, .default_priority = 2}});
  script_->Hold();
  Log log;
  line_->Push(Request(log, "running"));
  script_->WaitUntilHeld(1);
  line_->Push(Request(log, "default"));
  RequestPtr urgent = Request(log, "urgent");
  urgent->priority = 1;
  line_->Push(std::move(urgent));
  script_->Release();
  line_->Close();
  EXPECT_EQ(log.names(), (Names{"running", "urgent", "default"}));
}

TEST_F(LinePolicyTest, NamesTheLevelThatIsFull) {
  Start({.rules = {.priority_levels = 2, .default_priority = 2, .level_policies = {{2, {.max_waiting_requests = 1}}}}});
  script_->Hold();
  const RecordedReply running;
  const RecordedReply waiting;
  const RecordedReply refused;
  line_->Push(Request(running));
  script_->WaitUntilHeld(1);
  line_->Push(Request(waiting));
  line_->Push(Request(refused));
  const Status status = refused.Wait().status;
  EXPECT_EQ(status.code(), StatusCode::kOverloaded);
  EXPECT_THAT(status.message(), HasSubstr("priority level 2"));
  EXPECT_THAT(status.message(), HasSubstr("max_queue_size of its queue policy is 1"));
  EXPECT_EQ(metrics_.statistics().failures[0], 1U);
  script_->Release();
}

TEST_F(LinePolicyTest, AnswersWhoseTimeRunsOutWhileNothingElseHappens) {
  // In real time: nobody pushes, and nobody would wait less than an hour for company.
  Start({.rules = {.max_rows = 8,
                   .max_delay = std::chrono::hours(1),
                   .queue_policy = {.timeout = std::chrono::milliseconds(1)}}},
        Clock::System());
  const RecordedReply reply;
  line_->Push(Request(reply));
  EXPECT_EQ(reply.Wait().status.code(), StatusCode::kDeadlineExceeded);
}

TEST_F(LinePolicyTest, DoesNotRunWhatCameTooLate) {
  Start({});
  const RecordedReply first;
  line_->Push(Request(first));  // from now on short runs are known to be short
  EXPECT_TRUE(first.Wait().status.ok());
  const RecordedReply late;
  RequestPtr request = Request(late);
  request->deadline = clock_.Now();
  line_->Push(std::move(request));
  EXPECT_EQ(late.Wait().status.code(), StatusCode::kDeadlineExceeded);
  EXPECT_EQ(script_->runs().size(), 1U);
}

TEST_F(LinePolicyTest, SaysHowManyWait) {
  Start({});
  script_->Hold();
  const RecordedReply replies[3];
  line_->Push(Request(replies[0]));
  script_->WaitUntilHeld(1);
  line_->Push(Request(replies[1]));
  line_->Push(Request(replies[2]));
  EXPECT_THAT(registry_.Expose(), HasSubstr("nv_inference_pending_request_count{model=\"m\",version=\"1\"} 2\n"));
  script_->Release();
  line_->Close();
  EXPECT_THAT(registry_.Expose(), HasSubstr("nv_inference_pending_request_count{model=\"m\",version=\"1\"} 0\n"));
}

// --- preserve_ordering

// A model whose runs of three rows wait for a word; others do not.
class SlowForThree final : public OpenModel {
 public:
  struct Word {
    Mutex mutex;
    CondVar changed;
    bool running GUARDED_BY(mutex) = false;
    bool given GUARDED_BY(mutex) = false;

    void WaitUntilRunning() {
      const MutexLock lock(mutex);
      while (!running) changed.Wait(mutex);
    }
    void Give() {
      const MutexLock lock(mutex);
      given = true;
      changed.NotifyAll();
    }
  };
  explicit SlowForThree(Word& word) : word_(word) {}

  const Signature& signature() const override { return signature_; }
  Result<std::vector<Tensor>> Run(std::span<const Tensor> inputs, std::span<const int> /*wanted*/,
                                  std::span<Buffer> /*destinations*/) override {
    const MutexLock lock(word_.mutex);
    if (inputs[0].shape[0] == 3) {
      word_.running = true;
      word_.changed.NotifyAll();
      while (!word_.given) word_.changed.Wait(word_.mutex);
    }
    return std::vector<Tensor>{inputs[0]};
  }
  MemoryUse memory_use() const override { return {}; }

 private:
  const Signature signature_ = FakeSignature();
  Word& word_;
};

TEST_F(LinePolicyTest, AnswersInOrderAcrossInstances) {
  SlowForThree::Word word;
  line_ = std::make_unique<ModelLine>(
      ModelId{"m", 1}, FakeSignature(), std::make_unique<SlowForThree>(word),
      ModelLine::Options{.rules = {.max_rows = 4, .preserve_ordering = true}, .instances = 2}, pool_, metrics_, clock_);
  Log log;
  line_->Push(Request(log, "slow", 3));
  word.WaitUntilRunning();
  line_->Push(Request(log, "quick"));
  RequestPtr late = Request(log, "late");
  late->deadline = clock_.Now();
  line_->Push(std::move(late));
  line_->Push(Request(log, "last"));
  while (metrics_.statistics().success.count < 2) std::this_thread::yield();
  EXPECT_EQ(log.names(), (Names{}));
  word.Give();
  line_->Close();
  EXPECT_EQ(log.names(), (Names{"slow", "quick", "late", "last"}));
}

TEST_F(LinePolicyTest, RefusesAtOnceWhatDoesNotEnterTheLine) {
  Start({.rules = {.max_waiting_requests = 1, .preserve_ordering = true}});
  script_->Hold();
  Log log;
  line_->Push(Request(log, "running"));
  script_->WaitUntilHeld(1);
  line_->Push(Request(log, "waiting"));
  line_->Push(Request(log, "refused"));
  EXPECT_EQ(log.names(), (Names{"refused"}));
  script_->Release();
  line_->Close();
  EXPECT_EQ(log.names(), (Names{"refused", "running", "waiting"}));
}

TEST_F(LinePolicyTest, HoldsNoMoreAnswersBackThanTheLineHasPlaces) {
  Start({.rules = {.max_waiting_requests = 2, .preserve_ordering = true}, .instances = 2});
  script_->Hold();
  Log log;
  line_->Push(Request(log, "slow"));
  script_->WaitUntilHeld(1);
  // Answered without a run by the other instance, and held back.
  uint64_t late = 0;
  for (const char* name : {"late 1", "late 2"}) {
    RequestPtr request = Request(log, name);
    request->deadline = clock_.Now();
    line_->Push(std::move(request));
    while (metrics_.statistics().fail.count <= late) std::this_thread::yield();
    ++late;
  }
  // The count comes before the answer: until it is held there may still be a place.
  Status status;
  while (status.ok()) {
    const RecordedReply reply;
    RequestPtr request = Request(reply);
    request->deadline = clock_.Now();
    line_->Push(std::move(request));
    if (reply.finished()) status = reply.Wait().status;
  }
  EXPECT_EQ(status.code(), StatusCode::kOverloaded);
  EXPECT_THAT(status.message(), HasSubstr("preserve_ordering"));
  script_->Release();
  line_->Close();
  EXPECT_EQ(log.names(), (Names{"slow", "late 1", "late 2"}));
}

TEST_F(LinePolicyTest, AnswersManyOfManyThreadsInTheOrderOfEach) {
  Start({.rules = {.max_rows = 4, .preserve_ordering = true}, .instances = 2});
  constexpr size_t kThreads = 3;
  constexpr int kRequests = 200;
  script_->FailWhen([](int64_t rows) { return rows == 3 ? Internal("by chance") : Status(); });
  Log logs[kThreads];
  Names expected;
  for (int i = 0; i < kRequests; ++i) expected.push_back(std::to_string(i));
  std::vector<std::thread> clients;
  for (Log& log : logs) {
    clients.emplace_back([&] {
      for (const std::string& name : expected) {
        RequestPtr request = Request(log, name, 1 + static_cast<int64_t>(name.size()) % 3);
        if (name.back() == '7') request->deadline = clock_.Now();
        line_->Push(std::move(request));
      }
    });
  }
  for (std::thread& client : clients) client.join();
  line_->Close();
  for (const Log& log : logs) EXPECT_EQ(log.names(), expected);
  const ModelStatistics statistics = metrics_.statistics();
  EXPECT_EQ(statistics.success.count + statistics.fail.count, kThreads * kRequests);
}

}  // namespace
}  // namespace trireme
