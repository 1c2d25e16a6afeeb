// SPDX-License-Identifier: Apache-2.0
#include "protocols/grpc/health.h"

#include <gtest/gtest.h>

#include "lifecycle/testing/fake_models.h"
#include "net/testing/recorded_grpc_answer.h"
#include "proto/health.pb.h"

namespace trireme {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using net::RecordedGrpcAnswer;

class HealthTest : public testing::Test {
 protected:
  std::shared_ptr<RecordedGrpcAnswer> Call(size_t method, const std::string& bytes) {
    auto answer = std::make_shared<RecordedGrpcAnswer>();
    net::GrpcHead head;
    head.http.cancellation = cancellation_;
    methods_.at(method).call(std::move(head), {.bytes = std::as_bytes(std::span(bytes))}, Identity(),
                             net::GrpcReply(answer));
    return answer;
  }
  static std::string Request(const std::string& service) {
    HealthCheckRequest request;
    request.set_service(service);
    return request.SerializeAsString();
  }
  static int StatusIn(const RecordedGrpcAnswer& answer) {
    HealthCheckResponse response;
    if (answer.messages.size() != 1 || !response.ParseFromString(answer.messages[0])) return -1;
    return response.status();
  }
  void Start() {
    lifecycle_.SetDesired({.models = {FakeEntry("m")}, .problems = {}, .notes = {}});
    lifecycle_.WaitUntilSettled();
  }

  static constexpr size_t kCheck = 0;
  static constexpr size_t kWatch = 1;

  const Cancellation cancellation_ = Cancellation::Make();
  FakeModels models_;
  Lifecycle lifecycle_{{}, models_.loader, models_.log};
  Engine engine_{lifecycle_};
  const std::vector<GrpcMethod> methods_ = HealthMethods(engine_, {.has_thread = false});
};

TEST_F(HealthTest, NeedsNoKey) {
  ASSERT_EQ(methods_.size(), 2U);
  EXPECT_EQ(methods_[kCheck].path, "/grpc.health.v1.Health/Check");
  EXPECT_EQ(methods_[kWatch].path, "/grpc.health.v1.Health/Watch");
  for (const GrpcMethod& method : methods_) EXPECT_EQ(method.operation, Operation::kProbe);
}

TEST_F(HealthTest, CheckTellsReadiness) {
  for (const char* service : {"", "inference.GRPCInferenceService"}) {
    EXPECT_EQ(StatusIn(*Call(kCheck, Request(service))), HealthCheckResponse::NOT_SERVING);
  }
  Start();
  for (const char* service : {"", "inference.GRPCInferenceService"}) {
    const auto answer = Call(kCheck, Request(service));
    EXPECT_EQ(StatusIn(*answer), HealthCheckResponse::SERVING);
    EXPECT_EQ(answer->status->code, net::GrpcCode::kOk);
  }
  engine_.AnnounceStop();
  EXPECT_EQ(StatusIn(*Call(kCheck, Request(""))), HealthCheckResponse::NOT_SERVING);
}

TEST_F(HealthTest, CheckKnowsNoOtherService) {
  const auto answer = Call(kCheck, Request("some.Service"));
  EXPECT_EQ(answer->status->code, net::GrpcCode::kNotFound);
  EXPECT_EQ(answer->status->message, "service: expected '' or 'inference.GRPCInferenceService', got 'some.Service'");
}

TEST_F(HealthTest, WatchTellsAtOnce) {
  Start();
  const auto known = Call(kWatch, Request(""));
  EXPECT_EQ(StatusIn(*known), HealthCheckResponse::SERVING);
  EXPECT_FALSE(known->status);
  EXPECT_EQ(StatusIn(*Call(kWatch, Request("some.Service"))), HealthCheckResponse::SERVICE_UNKNOWN);
}

TEST_F(HealthTest, WatchOfAServerThatStopsEnds) {
  Start();
  engine_.StopAccepting();
  const auto answer = Call(kWatch, Request(""));
  EXPECT_EQ(StatusIn(*answer), HealthCheckResponse::NOT_SERVING);
  ASSERT_TRUE(answer->status);
  EXPECT_EQ(answer->status->code, net::GrpcCode::kUnavailable);
}

TEST_F(HealthTest, WhatIsNoMessageIsRefused) {
  for (const size_t method : {kCheck, kWatch}) {
    EXPECT_EQ(Call(method, "\x0a\x7f")->status->code, net::GrpcCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace trireme
