// SPDX-License-Identifier: Apache-2.0
#include "server/front_handler.h"

#include <gtest/gtest.h>

#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/testing/all_protocols.h"

namespace trireme {
namespace {

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
    for (const Dialect* dialect : all_.protocols().dialects()) router_.Add(*dialect);
  }

  static net::HttpRequest Request(std::string_view method, std::string_view path) {
    net::HttpRequest request;
    request.method = method;
    request.target = path;
    request.path = path;
    return request;
  }

  AllProtocols all_;
  Router router_;
  AllowAll everybody_;
};

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

TEST_F(FrontHandlerTest, RefusesATenantOverHisQuotaAtTheHeadInTheWordsOfTheDialect) {
  TenantQuotas quotas({{"shop", {.requests_per_second = 0, .processors = {}}}});
  const TenantRules tenants{.header = "x-tenant", .quotas = &quotas};
  FrontHandler handler(router_, everybody_, 1000, nullptr, &tenants);
  const auto status_of = [&](std::string_view method, std::string_view path, std::string_view tenant) {
    net::HttpRequest request = Request(method, path);
    request.headers = {{.name = "X-Tenant", .value = tenant}};
    const net::BodyPlan plan = handler.OnHead(request);
    return plan.refusal ? plan.refusal->status : 0;
  };
  EXPECT_EQ(status_of("POST", "/v2/models/m/infer", "shop"), 429);
  EXPECT_EQ(status_of("POST", "/v2/models/m/infer", "lab"), 0);
  EXPECT_EQ(status_of("POST", "/v2/models/m/infer", ""), 400);
  EXPECT_EQ(status_of("GET", "/v2/models/m", "shop"), 0);
  EXPECT_EQ(status_of("GET", "/nowhere", "shop"), 404);
}

TEST_F(FrontHandlerTest, RefusesADeadlineItDoesNotUnderstandAtTheHead) {
  FrontHandler handler(router_, everybody_, 1000, nullptr);
  net::HttpRequest request = Request("POST", "/v2/models/m/infer");
  request.headers = {{.name = "grpc-timeout", .value = "soon"}};
  EXPECT_EQ(handler.OnHead(request).refusal->status, 400);
  request.headers = {{.name = "grpc-timeout", .value = "80m"}};
  EXPECT_FALSE(handler.OnHead(request).refusal.has_value());
}

TEST_F(FrontHandlerTest, TellsItsRouteTheDeadline) {
  TimePoint deadline;
  const auto handle = [&](net::HttpRequest request, const PathArguments&, const Identity&, net::HttpReply reply) {
    deadline = request.deadline;
    reply.Send({});
  };
  const Dialect dialect{
      .name = "telling",
      .routes = {{.method = "POST", .pattern = "/i", .operation = Operation::kInfer, .handle = handle}},
      .error = [](const Status&) { return net::HttpResponse(); }};
  Router router;
  router.Add(dialect);
  FrontHandler handler(router, everybody_, 1000, nullptr);
  net::HttpRequest request = Request("POST", "/i");
  request.received = TimePoint(std::chrono::seconds(5));
  request.headers = {{.name = "grpc-timeout", .value = "80m"}};
  handler.OnRequest(std::move(request), net::HttpReply(std::make_shared<Recorder>()));
  EXPECT_EQ(deadline, TimePoint(std::chrono::milliseconds(5080)));
}

TEST_F(FrontHandlerTest, TellsItsRouteTheTenant) {
  const auto handle = [](net::HttpRequest, const PathArguments&, const Identity& identity, net::HttpReply reply) {
    net::HttpResponse response;
    response.body = identity.tenant;
    reply.Send(std::move(response));
  };
  const Dialect dialect{
      .name = "telling",
      .routes = {{.method = "POST", .pattern = "/i", .operation = Operation::kInfer, .handle = handle}},
      .error = [](const Status&) { return net::HttpResponse(); }};
  Router router;
  router.Add(dialect);
  const TenantRules tenants{.header = "x-tenant"};
  FrontHandler handler(router, everybody_, 1000, nullptr, &tenants);
  const auto recorder = std::make_shared<Recorder>();  // shared with the reply
  net::HttpRequest request = Request("POST", "/i");
  request.headers = {{.name = "x-tenant", .value = "shop"}};
  handler.OnRequest(std::move(request), net::HttpReply(recorder));
  EXPECT_EQ(recorder->sent->body, "shop");
}

TEST_F(FrontHandlerTest, HandsTheRequestToItsRoute) {
  FrontHandler handler(router_, everybody_, 1000, nullptr);
  const auto recorder = std::make_shared<Recorder>();  // shared with the reply
  handler.OnRequest(Request("GET", "/v2"), net::HttpReply(recorder));
  EXPECT_EQ(recorder->sent->status, 200);
  EXPECT_NE(recorder->sent->body.find("\"name\":\"trireme\""), std::string::npos);
}

TEST_F(FrontHandlerTest, SaysSoWhereThereIsTooLittleMemoryForARequest) {
  const auto handle = [](net::HttpRequest, const PathArguments&, const Identity&, net::HttpReply reply) {
    const net::HttpReply mine = std::move(reply);
    throw std::bad_alloc();
  };
  const Dialect dialect{
      .name = "greedy",
      .routes = {{.method = "GET", .pattern = "/g", .operation = Operation::kProbe, .handle = handle}},
      .error = [](const Status&) { return net::HttpResponse(); }};
  Router router;
  router.Add(dialect);
  FrontHandler handler(router, everybody_, 1000, nullptr);
  const auto recorder = std::make_shared<Recorder>();  // shared with the reply
  handler.OnRequest(Request("GET", "/g"), net::HttpReply(recorder));
  EXPECT_EQ(recorder->sent->status, 507);
  EXPECT_NE(recorder->sent->body.find("no more memory"), std::string::npos);
}

}  // namespace
}  // namespace trireme
