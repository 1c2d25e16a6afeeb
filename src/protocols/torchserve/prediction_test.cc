// SPDX-License-Identifier: Apache-2.0
#include "protocols/torchserve/prediction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>

#include "protocols/torchserve/testing/prediction_fixture.h"

namespace trireme::torchserve {
namespace {

using ::testing::HasSubstr;

constexpr const char* kRow = "[[1, 2, 3, 4]]";

// What one asker was told.
struct Told {
  std::optional<std::string> answer;
  std::optional<Failure> failure;
  int times = 0;
  std::thread::id read_on;
};

class TestAsker final : public Asker {
 public:
  TestAsker(std::string text, std::shared_ptr<Told> told, Executor& loop)
      : text_(std::make_shared<const std::string>(std::move(text))), told_(std::move(told)), loop_(loop) {}

  Result<std::vector<RequestPart>> Parts() override {
    told_->read_on = std::this_thread::get_id();
    return std::vector<RequestPart>{{.name = "body",
                                     .content_type = "application/json",
                                     .bytes = std::as_bytes(std::span(*text_)),
                                     .storage = text_}};
  }
  void Release() override {}
  void Answer(std::string body) override {
    told_->answer = std::move(body);
    ++told_->times;
  }
  void Fail(const Failure& failure) override {
    told_->failure = failure;
    ++told_->times;
  }
  Executor& executor() override { return loop_; }

 private:
  const std::shared_ptr<const std::string> text_;  // shared with the tensors made of it
  const std::shared_ptr<Told> told_;               // shared with the test
  Executor& loop_;
};

class PredictionTest : public PredictionFixture {
 protected:
  static PredictionRequest Of(const std::string& model, const std::string& version = "") {
    return {.model = model,
            .version = version,
            .caller = {},
            .cancellation = {},
            .received = Clock::System().Now(),
            .trace = {}};
  }

  std::shared_ptr<Told> Begin(PredictionRequest request, std::string text = kRow) {
    auto told = std::make_shared<Told>();  // shared with the asker
    request.bytes = text.size();
    StartPrediction(services_, std::move(request), std::make_unique<TestAsker>(std::move(text), told, *loop_));
    return told;
  }

  Told Ask(PredictionRequest request, std::string text = kRow) {
    const std::shared_ptr<Told> told = Begin(std::move(request), std::move(text));
    TurnUntil([&] { return told->times > 0; });
    return *told;
  }

  void ExpectFailure(const Told& told, int code, const std::string& message) {
    ASSERT_TRUE(told.failure);
    EXPECT_EQ(told.failure->code(), code);
    EXPECT_THAT(told.failure->message, HasSubstr(message));
    EXPECT_EQ(told.times, 1);
  }
};

TEST_F(PredictionTest, AnswersWithWhatPythonWouldWrite) {
  const Told told = Ask(Of("m"));
  ASSERT_TRUE(told.answer) << told.failure->message;
  EXPECT_THAT(*told.answer, HasSubstr("2.0,\n"));
  EXPECT_THAT(*told.answer, HasSubstr("8.0\n"));
  EXPECT_EQ(told.times, 1);
}

TEST_F(PredictionTest, SaysWhatThereIsNot) {
  ExpectFailure(Ask(Of("nobody")), 404, "Model not found: nobody");
  ExpectFailure(Ask(Of("m", "7")), 404, "Model version: 7 does not exist for model: m");
  ExpectFailure(Ask(Of("nobody", "7")), 404, "Model not found: nobody");
}

TEST_F(PredictionTest, FailsInTorchServesWords) {
  script_.FailWhen([](int64_t) { return Internal("broken"); });
  ExpectFailure(Ask(Of("m")), 503, "Prediction failed: broken");
  script_.FailWhen([](int64_t) { return Overloaded("the line is full"); });
  ExpectFailure(Ask(Of("m")), 503, "Model \"m\" has no worker to serve inference request");
  script_.FailWhen([](int64_t) { return InvalidArgument("not these rows"); });
  ExpectFailure(Ask(Of("m")), 400, "not these rows");
  ExpectFailure(Ask(Of("m"), "no JSON"), 400, "");
}

TEST_F(PredictionTest, ReadsWhatIsLongOnAWorker) {
  const std::string blanks(300 << 10, ' ');
  const Told small = Ask(Of("m"));
  const Told large = Ask(Of("m"), kRow + blanks);
  EXPECT_EQ(small.read_on, std::this_thread::get_id());
  EXPECT_NE(large.read_on, std::this_thread::get_id());
  EXPECT_EQ(large.answer, small.answer);
}

// Also behind a run that does not end.
TEST_F(PredictionTest, IsAnsweredOnceByItsResponseTimeout) {
  Register({.response_timeout = std::chrono::hours(1)});
  script_.Hold();
  const std::shared_ptr<Told> running = Begin(Of("m"));
  script_.WaitUntilHeld(1);
  PredictionRequest late = Of("m");
  late.received -= std::chrono::hours(2);
  const std::shared_ptr<Told> waiting = Begin(std::move(late));
  TurnUntil([&] { return waiting->times > 0; });
  ExpectFailure(*waiting, 408, "time ran out");
  EXPECT_EQ(running->times, 0);
  script_.Release();
  TurnUntil([&] { return running->times > 0; });
  EXPECT_TRUE(running->answer);
  lifecycle_.Close();
  loop_->RunTasks();
  EXPECT_EQ(waiting->times, 1) << "what its model said later goes nowhere";
}

TEST_F(PredictionTest, WaitsForEverWithoutAResponseTimeout) {
  Register({.response_timeout = std::chrono::seconds(0)});
  PredictionRequest early = Of("m");
  early.received -= std::chrono::hours(2);
  EXPECT_TRUE(Ask(std::move(early)).answer);
}

}  // namespace
}  // namespace trireme::torchserve
