// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/infer_call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <span>
#include <string>

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

}  // namespace
}  // namespace trireme::kserve
