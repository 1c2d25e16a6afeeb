// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/infer_call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <span>
#include <string>

#include "lifecycle/testing/fake_models.h"
#include "net/byte_budget.h"
#include "net/testing/recorded_answer.h"
#include "protocols/kserve/kserve_dialect.h"

namespace trireme::kserve {
namespace {

// Requests to the fake model "m" by the routes of the dialect.
class InferCallTest : public testing::Test {
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

  FakeModels models_;
  Logger log_{2, Logger::Form::kText, LogLevel::kError};
  Lifecycle lifecycle_{{}, models_.loader, models_.log};
  Engine engine_{lifecycle_};
  ThreadPool workers_{{.name = "codec"}};
  SharedMemoryRegions shared_memory_{{}};
  metrics::Registry registry_;
  Tracer tracer_{{}, registry_, log_};
  const InferServices services_{.engine = engine_,
                                .pool = models_.pool,
                                .codec_workers = workers_,
                                .log = log_,
                                .max_body_bytes = 1 << 20,
                                .inflated = std::make_shared<net::ByteBudget>(1 << 20),
                                .shared_memory = shared_memory_,
                                .tracer = tracer_};
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
