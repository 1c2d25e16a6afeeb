// SPDX-License-Identifier: Apache-2.0
#include "server/front_handler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/thread_pool.h"
#include "engine/engine.h"
#include "net/byte_budget.h"
#include "protocols/kserve/kserve_dialect.h"
#include "server/metrics_dialect.h"

namespace trireme {
namespace {

// Knows nobody.
class Refuser final : public Authoriser {
 public:
  Result<Identity> Authenticate(const Credentials&) override { return Status(StatusCode::kUnauthenticated, "no key"); }
  bool asks_for_keys() const override { return true; }
};

// Keeps the response, and runs what is posted at once.
class Recorder final : public net::ResponseWriter, public net::Executor {
 public:
  void Send(net::HttpResponse response) override { sent = std::move(response); }
  void Begin(net::HttpResponse head) override { sent = std::move(head); }
  void Write(std::string chunk) override { sent->body += chunk; }
  void End() override {}
  void Abort() override {}
  net::Executor& executor() override { return *this; }
  void Post(Task* task) override { task->Run(); }
  bool OnThread() const override { return true; }

  std::optional<net::HttpResponse> sent;
};

class FrontHandlerTest : public testing::Test {
 protected:
  FrontHandlerTest() {
    router_.Add(kserve_);
    router_.Add(metrics_);
  }

  static net::HttpRequest Request(std::string_view method, std::string_view path) {
    net::HttpRequest request;
    request.method = method;
    request.target = path;
    request.path = path;
    return request;
  }

  MemoryPool pool_;
  metrics::Registry registry_;
  Logger log_{2, Logger::Form::kText, LogLevel::kError};
  BackendSet backends_{PluginHost{.pool = pool_, .log = log_, .folder = "/nowhere"}};
  ModelLoader loader_{backends_, pool_, registry_, 1};
  Lifecycle lifecycle_{{}, loader_, log_};
  Engine engine_{lifecycle_};
  ThreadPool workers_{{.name = "codec"}};
  SharedMemoryRegions shared_memory_{{}};
  Tracer tracer_{{}, registry_, log_};
  const kserve::InferServices services_{.engine = engine_,
                                        .pool = pool_,
                                        .codec_workers = workers_,
                                        .log = log_,
                                        .max_body_bytes = 1 << 20,
                                        .inflated = std::make_shared<net::ByteBudget>(1 << 20),
                                        .shared_memory = shared_memory_,
                                        .tracer = tracer_};
  const Dialect kserve_ = kserve::MakeDialect(services_);
  const Dialect metrics_ = MakeMetricsDialect(registry_);
  Router router_;
  AllowAll everybody_;
  Refuser nobody_;
};

// Walks the route tables themselves, so that a route added later cannot be forgotten.
TEST_F(FrontHandlerTest, EveryRouteOfEveryProtocolPassesTheAuthoriser) {
  FrontHandler handler(router_, nobody_, 1000, nullptr);
  for (const Dialect* dialect : {&kserve_, &metrics_}) {
    for (const Route& route : dialect->routes) {
      std::string path = route.pattern;
      for (size_t at = 0; (at = path.find("{model}")) != std::string::npos;) path.replace(at, 7, "resnet");
      if (const size_t at = path.find("{version}"); at != std::string::npos) path.replace(at, 9, "3");
      if (route.operation == Operation::kProbe) continue;
      const net::BodyPlan plan = handler.OnHead(Request(route.method, path));
      ASSERT_TRUE(plan.refusal.has_value()) << path;
      EXPECT_EQ(plan.refusal->status, 401) << path;

      const auto recorder = std::make_shared<Recorder>();  // shared with the reply
      handler.OnRequest(Request(route.method, path), net::HttpReply(recorder));
      EXPECT_EQ(recorder->sent->status, 401) << path;
    }
  }
}

TEST_F(FrontHandlerTest, RefusesUnknownPathsAndMethodsAtTheHead) {
  FrontHandler handler(router_, everybody_, 1000, nullptr);
  EXPECT_EQ(handler.OnHead(Request("GET", "/v1")).refusal->status, 404);
  const net::BodyPlan plan = handler.OnHead(Request("PUT", "/v2"));
  EXPECT_EQ(plan.refusal->status, 405);
  EXPECT_EQ(plan.refusal->headers.back(), (std::pair<std::string, std::string>("Allow", "GET")));
}

TEST_F(FrontHandlerTest, PlansTheBodyOfWhatItLetsThrough) {
  FrontHandler handler(router_, everybody_, 1000, nullptr);
  net::HttpRequest request = Request("POST", "/v2/models/m/infer");
  request.headers = {{.name = "Inference-Header-Content-Length", .value = "77"}};
  const net::BodyPlan plan = handler.OnHead(request);
  EXPECT_FALSE(plan.refusal.has_value());
  EXPECT_EQ(plan.max_bytes, 1000U);
  EXPECT_EQ(plan.align_at, 77U);
}

TEST_F(FrontHandlerTest, RefusesAnEncodingItCannotRead) {
  FrontHandler handler(router_, everybody_, 1000, nullptr);
  net::HttpRequest request = Request("POST", "/v2/models/m/infer");
  request.headers = {{.name = "content-encoding", .value = "br"}};
  EXPECT_EQ(handler.OnHead(request).refusal->status, 415);
}

TEST_F(FrontHandlerTest, HandsTheRequestToItsRoute) {
  FrontHandler handler(router_, everybody_, 1000, nullptr);
  const auto recorder = std::make_shared<Recorder>();  // shared with the reply
  handler.OnRequest(Request("GET", "/v2"), net::HttpReply(recorder));
  EXPECT_EQ(recorder->sent->status, 200);
  EXPECT_NE(recorder->sent->body.find("\"name\":\"trireme\""), std::string::npos);
}

}  // namespace
}  // namespace trireme
