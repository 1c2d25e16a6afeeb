// SPDX-License-Identifier: Apache-2.0
#include "scheduler/answer_order.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <thread>
#include <utility>

namespace trireme {
namespace {

using Words = std::vector<std::string>;

// Writes down what leaves, in the order in which it does.
class Recorder {
 public:
  InferRequest Request(std::string name, std::function<void()> then = {}) {
    InferRequest request;
    request.reply = Reply(std::make_unique<Sink>(*this, std::move(name), std::move(then)));
    return request;
  }
  Words left() const {
    const MutexLock lock(mutex_);
    return left_;
  }

 private:
  class Sink final : public ReplySink {
   public:
    Sink(Recorder& recorder, std::string name, std::function<void()> then)
        : recorder_(recorder), name_(std::move(name)), then_(std::move(then)) {}
    void Respond(InferResponse response) override { recorder_.Write(name_ + " says " + response.model.name); }
    void End(std::unique_ptr<ReplySink> /*self*/, Outcome outcome) override {
      recorder_.Write(name_ + (outcome.response ? "" : ": " + std::string(Name(outcome.status.code()))));
      if (then_) then_();
    }

   private:
    Recorder& recorder_;
    std::string name_;
    std::function<void()> then_;
  };

  void Write(std::string line) {
    const MutexLock lock(mutex_);
    left_.push_back(std::move(line));
  }

  mutable Mutex mutex_;
  Words left_ GUARDED_BY(mutex_);
};

class AnswerOrderTest : public testing::Test {
 protected:
  InferRequest Enter(std::string name, std::function<void()> then = {}) {
    InferRequest request = recorder_.Request(std::move(name), std::move(then));
    order_.Enter(request);
    return request;
  }

  Recorder recorder_;
  AnswerOrder order_;
};

TEST_F(AnswerOrderTest, LetsOutAtOnceWhatNobodyIsBefore) {
  InferRequest a = Enter("a");
  a.reply.Finish(InferResponse());
  EXPECT_EQ(recorder_.left(), (Words{"a"}));
  EXPECT_EQ(order_.held(), 0U);
}

TEST_F(AnswerOrderTest, HoldsAnAnswerUntilThoseBeforeItHaveLeft) {
  InferRequest a = Enter("a");
  InferRequest b = Enter("b");
  InferRequest c = Enter("c");
  c.reply.Finish(InferResponse());
  b.reply.Finish(InferResponse());
  EXPECT_EQ(recorder_.left(), (Words{}));
  EXPECT_EQ(order_.held(), 2U);
  a.reply.Finish(InferResponse());
  EXPECT_EQ(recorder_.left(), (Words{"a", "b", "c"}));
  EXPECT_EQ(order_.held(), 0U);
}

TEST_F(AnswerOrderTest, KeepsErrorsInOrderToo) {
  InferRequest a = Enter("a");
  InferRequest b = Enter("b");
  b.reply.Finish(DeadlineExceeded("late"));
  EXPECT_EQ(recorder_.left(), (Words{}));
  a.reply.Finish(Cancelled("gone"));
  EXPECT_EQ(recorder_.left(), (Words{"a: cancelled", "b: deadline exceeded"}));
}

TEST_F(AnswerOrderTest, DoesNotWaitForARequestThatWasDropped) {
  {
    const InferRequest a = Enter("a");
    InferRequest b = Enter("b");
    b.reply.Finish(InferResponse());
  }
  EXPECT_EQ(recorder_.left(), (Words{"a: internal", "b"}));
}

TEST_F(AnswerOrderTest, LetsTheResponsesOfARequestOutTogether) {
  InferRequest a = Enter("a");
  InferRequest b = Enter("b");
  b.reply.Send({.model = {"one", 1}, .outputs = {}, .parameters = {}, .stages = {}});
  b.reply.Send({.model = {"two", 1}, .outputs = {}, .parameters = {}, .stages = {}});
  b.reply.Finish(Status());
  a.reply.Finish(InferResponse());
  EXPECT_EQ(recorder_.left(), (Words{"a", "b says one", "b says two", "b: ok"}));
}

TEST_F(AnswerOrderTest, TakesARequestThatAnAnswerBringsAlong) {
  InferRequest a = Enter("a", [this] {
    InferRequest c = Enter("c");
    c.reply.Finish(InferResponse());
  });
  InferRequest b = Enter("b");
  b.reply.Finish(InferResponse());
  a.reply.Finish(InferResponse());
  EXPECT_EQ(recorder_.left(), (Words{"a", "b", "c"}));
}

TEST_F(AnswerOrderTest, KeepsTheOrderOfManyThreads) {
  constexpr size_t kThreads = 4;
  constexpr size_t kRequests = 400;
  std::vector<std::vector<InferRequest>> shares(kThreads);
  Words expected;
  for (size_t i = 0; i < kRequests; ++i) {
    expected.push_back(std::to_string(i));
    shares[i % kThreads].push_back(Enter(expected.back()));
  }
  std::vector<std::thread> threads;
  for (std::vector<InferRequest>& share : shares) {
    threads.emplace_back([&share] {
      for (auto request = share.rbegin(); request != share.rend(); ++request) request->reply.Finish(InferResponse());
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(recorder_.left(), expected);
}

}  // namespace
}  // namespace trireme
