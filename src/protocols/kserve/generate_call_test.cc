// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/generate_call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <span>
#include <string>
#include <thread>

#include "net/loop_executor.h"
#include "net/testing/loop_answer.h"
#include "protocols/kserve/kserve_dialect.h"
#include "protocols/kserve/testing/fake_services.h"

namespace trireme::kserve {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

// Requests to the fake model "m", which gives a response for each row.
class GenerateCallTest : public testing::Test, protected FakeServices {
 protected:
  explicit GenerateCallTest(const FakeOptions& models = {.decoupled = true}, const Lifecycle::Options& lifecycle = {})
      : FakeServices(models, lifecycle) {
    loop_->BindToThisThread();
    ModelEntry entry = FakeEntry("m");
    entry.config.instances = 1;
    lifecycle_.SetDesired({.models = {entry}, .problems = {}, .notes = {}});
    lifecycle_.WaitUntilSettled();
  }

  // So many rows.
  static std::string Body(int rows) {
    std::string body = R"({"id":"i","x":[)";
    for (int i = 0; i < 4 * rows; ++i) body += (i > 0 ? "," : "") + std::to_string(i / 4);
    return body + "]}";
  }

  void Post(const std::string& path, std::string body, const Cancellation& cancellation = Cancellation::Make()) {
    body_ = std::move(body);
    net::HttpRequest request;
    request.method = "POST";
    request.body = std::as_bytes(std::span(body_));
    request.cancellation = cancellation;
    answer_ = std::make_shared<net::LoopAnswer>(loop_);
    for (const Route& route : dialect_.routes) {
      if (route.pattern != "/v2/models/{model}/" + path) continue;
      route.handle(std::move(request), {.model = "m"}, {}, net::HttpReply(answer_));
      return;
    }
    FAIL() << path;
  }

  const net::RecordedAnswer& got() const { return answer_->recorded; }

  template <typename Condition>
  void TurnUntil(Condition condition) {
    while (!condition()) {
      loop_->RunTasks();
      std::this_thread::yield();
    }
  }
  void TurnUntilTheEnd() {
    TurnUntil([&] { return got().ends > 0; });
  }
  ModelStatistics Statistics() { return engine_.Statistics("m", std::nullopt)->front().statistics; }

  static std::string Event(int row) {
    const std::string value = std::to_string(2 * row);
    return R"(data: {"id":"i","model_name":"m","model_version":"1","y":[)" + value + "," + value + "," + value + "," +
           value + "]}\n\n";
  }

  const Dialect dialect_ = MakeDialect(services_);
  const std::shared_ptr<net::LoopExecutor> loop_ = std::make_shared<net::LoopExecutor>();  // shared with answers
  std::string body_;
  std::shared_ptr<net::LoopAnswer> answer_;  // shared with the reply
};

// A model that nobody has looked into yet, and that comes into memory for a request.
class GenerateOnDemandTest : public GenerateCallTest {
 protected:
  GenerateOnDemandTest() : GenerateCallTest({.describes = false}, {.memory = {.on_demand = true, .lazy = true}}) {}
};

TEST_F(GenerateOnDemandTest, WaitsForWhatIsNotKnownYet) {
  ASSERT_FALSE(engine_.Describe("m", std::nullopt).ok());
  Post("generate", Body(1));
  TurnUntilTheEnd();
  EXPECT_EQ(got().response.status, 200) << got().response.body;
  EXPECT_EQ(got().response.body, R"({"id":"i","model_name":"m","model_version":"1","y":[0,0,0,0]})");
}

TEST_F(GenerateOnDemandTest, SaysWhyItDoesNotCome) {
  models_.script->FailOpensWith(InvalidArgument("these are no weights"));
  Post("generate", Body(1));
  TurnUntilTheEnd();
  EXPECT_EQ(got().response.status, 503);
  EXPECT_THAT(got().response.body, HasSubstr("these are no weights"));
}

TEST_F(GenerateCallTest, SendsEventsAsTheyCome) {
  models_.script->HoldBefore(2);
  Post("generate_stream", Body(3));
  TurnUntil([&] { return !got().chunks.empty() && got().chunks.back().ends_with(Event(1)); });
  EXPECT_EQ(got().ends, 0);
  models_.script->Release();
  TurnUntilTheEnd();
  std::string events;
  for (const std::string& chunk : got().chunks) events += chunk;
  EXPECT_EQ(events, Event(0) + Event(1) + Event(2));
  EXPECT_EQ(got().ends, 1);
}

TEST_F(GenerateCallTest, WritesOnceWhatCameWhileTheLoopWasBusy) {
  Post("generate_stream", Body(5));
  while (Statistics().success.count == 0) std::this_thread::yield();
  TurnUntilTheEnd();
  // One response set out alone; all others waited until it had arrived.
  ASSERT_THAT(got().chunks, SizeIs(testing::Le(2U)));
  EXPECT_THAT(got().chunks.back(), HasSubstr(Event(4)));
}

TEST_F(GenerateCallTest, EndsTheRunWhenTheClientGoes) {
  models_.script->HoldBefore(1);
  const Cancellation gone = Cancellation::Make();
  Post("generate_stream", Body(3), gone);
  models_.script->WaitUntilHeld(1);
  gone.Cancel();
  models_.script->Release();
  TurnUntilTheEnd();
  EXPECT_EQ(Statistics().failures[static_cast<size_t>(ModelStatistics::FailureReason::kCanceled)], 1U);
  EXPECT_EQ(Statistics().responses.at(1).cancel.count, 1U);
}

TEST_F(GenerateCallTest, TellsAnErrorOfARunThatHadGivenSomething) {
  models_.script->FailAfter(1, Internal("out of tokens"));
  Post("generate_stream", Body(3));
  TurnUntilTheEnd();
  EXPECT_EQ(got().response.status, 200);
  EXPECT_EQ(got().chunks.back().substr(got().chunks.back().rfind("data: ")), "data: {\"error\":\"out of tokens\"}\n\n");
}

TEST_F(GenerateCallTest, AnswersAnErrorOfARunThatGaveNothing) {
  models_.script->FailAfter(0, Internal("out of tokens"));
  for (const char* path : {"generate", "generate_stream"}) {
    Post(path, Body(3));
    TurnUntilTheEnd();
    EXPECT_EQ(got().response.status, 500);
    EXPECT_EQ(got().body(), R"({"error":"out of tokens"})");
  }
}

TEST_F(GenerateCallTest, OfOneResponseIsTheBody) {
  Post("generate", Body(1));
  TurnUntilTheEnd();
  EXPECT_EQ(got().response.status, 200);
  EXPECT_EQ(got().body(), R"({"id":"i","model_name":"m","model_version":"1","y":[0,0,0,0]})");
}

TEST_F(GenerateCallTest, OfAnotherNumberOfResponsesIsRefusedAndEnds) {
  for (const int rows : {0, 2, 3000}) {
    Post("generate", Body(rows));
    TurnUntilTheEnd();
    EXPECT_EQ(got().response.status, 400) << rows;
    EXPECT_THAT(got().body(), HasSubstr("generate expects model to produce exactly 1 response")) << rows;
  }
}

TEST_F(GenerateCallTest, RefusesWhatCannotBeRead) {
  for (const char* path : {"generate", "generate_stream"}) {
    Post(path, "no JSON");
    TurnUntilTheEnd();
    EXPECT_EQ(got().response.status, 400);
    Post(path, R"({"x":[1,2,3]})");
    TurnUntilTheEnd();
    EXPECT_EQ(got().response.status, 400);
    EXPECT_THAT(got().body(), HasSubstr("x: expected as many values as shape [-1,4] can have, found 3"));
    Post(path, "{}");
    TurnUntilTheEnd();
    EXPECT_THAT(got().body(), HasSubstr("missing input 'x'"));
  }
}

TEST_F(GenerateCallTest, ReadsALargeRequestOnAWorker) {
  Post("generate_stream", Body(100'000));
  TurnUntilTheEnd();
  size_t events = 0;
  for (const std::string& chunk : got().chunks) {
    for (size_t at = chunk.find("data: "); at != std::string::npos; at = chunk.find("data: ", at + 1)) ++events;
  }
  EXPECT_EQ(events, 100'000U);
}

TEST_F(GenerateCallTest, EndsARunThatALoopCannotFollow) {
  Post("generate_stream", Body(300'000));
  while (Statistics().fail.count == 0) std::this_thread::yield();  // the loop stands still meanwhile
  TurnUntilTheEnd();
  EXPECT_EQ(got().response.status, 200);
  EXPECT_THAT(got().chunks.back(), testing::EndsWith("data: {\"error\":\"responses came faster than they could be "
                                                     "sent\"}\n\n"));
  EXPECT_EQ(Statistics().failures[static_cast<size_t>(ModelStatistics::FailureReason::kCanceled)], 1U);
}

TEST_F(GenerateCallTest, DoesNotReadWhatNobodyWaitsForAnyMore) {
  const Cancellation gone = Cancellation::Make();
  gone.Cancel();
  Post("generate", "no JSON", gone);
  TurnUntilTheEnd();
  EXPECT_EQ(got().response.status, 499);
}

}  // namespace
}  // namespace trireme::kserve
