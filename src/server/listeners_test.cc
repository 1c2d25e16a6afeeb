// SPDX-License-Identifier: Apache-2.0
#include "server/listeners.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trireme {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Names(const ServerOptions& options) {
  std::vector<std::string> names;
  const auto plans = PlanListeners(options);
  EXPECT_TRUE(plans.ok()) << plans.status();
  for (const ListenerPlan& plan : *plans) names.push_back(plan.name);
  return names;
}

TEST(PlanListeners, OpensOneForEachKindOfClient) {
  ServerOptions options;
  EXPECT_THAT(Names(options), ElementsAre("http", "grpc", "metrics"));
  options.unix_socket = "/run/trireme.sock";
  EXPECT_THAT(Names(options), ElementsAre("http", "grpc", "metrics", "unix"));
}

TEST(PlanListeners, LeavesOutWhatIsNotAllowed) {
  ServerOptions options;
  options.allow_grpc = false;
  EXPECT_THAT(Names(options), ElementsAre("http", "metrics"));
  options.allow_http = options.allow_metrics = false;
  EXPECT_THAT(Names(options), IsEmpty());
}

TEST(PlanListeners, TwoOfOneAddressAndPortAreOne) {
  ServerOptions options;
  options.grpc_port = options.metrics_port = options.http_port;
  const auto plans = PlanListeners(options);
  ASSERT_TRUE(plans.ok());
  ASSERT_EQ(plans->size(), 1U);
  EXPECT_TRUE(plans->front().inference);
  EXPECT_THAT(plans->front().also, ElementsAre(&ServerPorts::grpc, &ServerPorts::metrics));
  options.metrics_host = "127.0.0.2";
  EXPECT_THAT(Names(options), ElementsAre("http", "metrics"));
}

TEST(PlanListeners, SagemakerHasAPortOfItsOwn) {
  ServerOptions options;
  options.allow_sagemaker = true;
  EXPECT_THAT(Names(options), ElementsAre("http", "grpc", "metrics", "sagemaker"));
  EXPECT_TRUE(PlanListeners(options)->back().sagemaker);
  options.sagemaker_port = options.metrics_port;
  EXPECT_EQ(PlanListeners(options).status().message(),
            "--metrics-port 8002 and --sagemaker-port 8002: expected a port of its own for SageMaker, found the same");
}

TEST(PlanListeners, TorchserveHasFivePorts) {
  ServerOptions options;
  options.allow_http = options.allow_grpc = options.allow_metrics = false;
  options.torchserve.allow = true;
  EXPECT_THAT(Names(options), ElementsAre("torchserve", "torchserve-management", "torchserve-metrics",
                                          "torchserve-grpc", "torchserve-grpc-management"));
  options.torchserve.allow_metrics = false;
  options.torchserve.management_port = options.torchserve.port;
  const auto plans = PlanListeners(options);
  ASSERT_TRUE(plans.ok()) << plans.status();
  EXPECT_TRUE(plans->front().torchserve.inference && plans->front().torchserve.management);
  EXPECT_THAT(plans->front().also, ElementsAre(&ServerPorts::torchserve_management));
}

TEST(PlanListeners, TorchserveSharesNoPortWithOthers) {
  ServerOptions options;
  options.torchserve.allow = options.allow_sagemaker = true;
  EXPECT_EQ(
      PlanListeners(options).status().message(),
      "--sagemaker-port 8080 and --torchserve-port 8080: expected a port of its own for SageMaker, found the same");
  options.allow_sagemaker = false;
  options.torchserve.port = options.http_port;
  EXPECT_EQ(PlanListeners(options).status().message(),
            "--http-port 8000 and --torchserve-port 8000: expected a port of its own for TorchServe, found the same");
}

TEST(PlanListeners, TfservingHasTwoPortsOrOne) {
  ServerOptions options;
  options.allow_http = options.allow_grpc = options.allow_metrics = false;
  options.tfserving.allow = true;
  EXPECT_THAT(Names(options), ElementsAre("tfserving", "tfserving-grpc"));
  options.tfserving.grpc_port = options.tfserving.port;
  EXPECT_THAT(PlanListeners(options)->front().also, ElementsAre(&ServerPorts::tfserving_grpc));
  options.tfserving.allow_rest = false;
  EXPECT_THAT(Names(options), ElementsAre("tfserving-grpc"));
  options.allow_metrics = true;
  options.metrics_port = options.tfserving.grpc_port;
  EXPECT_EQ(PlanListeners(options).status().message(),
            "--metrics-port 8501 and --tfserving-grpc-port 8501: expected a port of its own for TF Serving, found the "
            "same");
}

TEST(PlanListeners, PortsThatTheSystemChoosesAreDifferent) {
  ServerOptions options;
  options.http_port = options.grpc_port = options.metrics_port = 0;
  EXPECT_THAT(Names(options), ElementsAre("http", "grpc", "metrics"));
}

TEST(PlanListeners, EncryptsEveryPortButNotTheUnixSocket) {
  ServerOptions options;
  options.tls.emplace();
  options.unix_socket = "/run/trireme.sock";
  const auto plans = PlanListeners(options);
  ASSERT_TRUE(plans.ok());
  for (const ListenerPlan& plan : *plans) EXPECT_EQ(plan.tls != nullptr, plan.name != "unix") << plan.name;
}

TEST(PlanListeners, GrpcMayHaveCertificatesOfItsOwnOnAPortOfItsOwn) {
  ServerOptions options;
  options.tls.emplace();
  options.grpc_tls.emplace();
  const auto plans = PlanListeners(options);
  ASSERT_TRUE(plans.ok());
  EXPECT_EQ((*plans)[0].tls, &*options.tls);
  EXPECT_EQ((*plans)[1].tls, &*options.grpc_tls);
  options.grpc_port = options.http_port;
  EXPECT_EQ(PlanListeners(options).status().message(),
            "--http-port 8000 and --grpc-port 8000: expected the same TLS settings for one port, found different ones");
}

}  // namespace
}  // namespace trireme
