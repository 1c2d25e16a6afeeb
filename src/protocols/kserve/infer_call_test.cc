// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/infer_call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <span>
#include <string>
#include <thread>

#include "net/loop_executor.h"
#include "net/testing/loop_answer.h"
#include "net/testing/recorded_answer.h"
#include "protocols/kserve/kserve_dialect.h"
#include "protocols/kserve/testing/fake_services.h"

namespace trireme::kserve {
namespace {

// Requests to the fake model "m" by the routes of the dialect.
class InferCallTest : public testing::Test, protected FakeServices {
 protected:
  InferCallTest() {
    lifecycle_.SetDesired({.models = {FakeEntry("m")}, .problems = {}, .notes = {}});
    lifecycle_.WaitUntilSettled();
  }

  std::shared_ptr<net::RecordedAnswer> Post(const std::string& pattern, const std::string& body,
                                            const Cancellation& cancellation) {
    net::HttpRequest request;
    request.method = "POST";
    request.body = std::as_bytes(std::span(body));
    request.cancellation = cancellation;
    auto answer = std::make_shared<net::RecordedAnswer>();  // shared with the reply
    for (const Route& route : dialect_.routes) {
      if (route.pattern == pattern) {
        route.handle(std::move(request), {.model = "m", .version = ""}, {}, net::HttpReply(answer));
        break;
      }
    }
    return answer;
  }

  const Dialect dialect_ = MakeDialect(services_);
};

TEST_F(InferCallTest, DoesNotReadWhatNobodyWaitsForAnyMore) {
  const Cancellation gone = Cancellation::Make();
  gone.Cancel();
  for (const char* pattern : {"/v2/models/{model}/infer", "/v2/repository/models/{model}/load"}) {
    const auto waiting = Post(pattern, "no JSON", Cancellation::Make());
    EXPECT_EQ(waiting->response.status, 400) << pattern;
    const auto dropped = Post(pattern, "no JSON", gone);
    EXPECT_EQ(dropped->ends, 1) << pattern;
    EXPECT_EQ(dropped->response.status, 499) << pattern;
  }
}

// A model that nobody has looked into yet, and that comes into memory for a request: what its bytes mean is known then.
class RawOnDemandTest : public testing::Test, protected FakeServices {
 protected:
  RawOnDemandTest() : FakeServices({.describes = false}, {.memory = {.on_demand = true, .lazy = true}}) {
    lifecycle_.SetDesired({.models = {FakeEntry("m")}, .problems = {}, .notes = {}});
    lifecycle_.WaitUntilSettled();
  }
};

TEST_F(RawOnDemandTest, WaitsForWhatIsNotKnownYet) {
  ASSERT_FALSE(engine_.Describe("m", std::nullopt).ok());
  const std::array<float, 4> row = {1, 2, 3, 4};
  net::HttpRequest request;
  request.method = "POST";
  request.headers = {{"Inference-Header-Content-Length", "0"}};
  request.body = std::as_bytes(std::span(row));
  const auto loop = std::make_shared<net::LoopExecutor>();  // shared with the answer
  loop->BindToThisThread();
  auto answer = std::make_shared<net::LoopAnswer>(loop);  // shared with the reply
  StartInferCall(services_, std::move(request), {.model = "m", .version = ""}, {}, net::HttpReply(answer));
  while (answer->recorded.ends == 0) {
    loop->RunTasks();
    std::this_thread::yield();
  }
  EXPECT_EQ(answer->recorded.response.status, 200) << answer->recorded.body();
}

}  // namespace
}  // namespace trireme::kserve
