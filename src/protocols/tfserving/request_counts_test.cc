// SPDX-License-Identifier: Apache-2.0
#include "protocols/tfserving/request_counts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace trireme::tfserving {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(RequestCounts, HaveTheServersNames) {
  RequestCounts counts;
  counts.Add(
      {.model = "m", .api = "Predict", .entrypoint = "GRPC", .status = "OK", .took = std::chrono::microseconds(15)});
  counts.Add(
      {.model = "m", .api = "Predict", .entrypoint = "GRPC", .status = "OK", .took = std::chrono::microseconds(5)});
  counts.Add({.model = "m", .api = "predict", .entrypoint = "REST", .status = "INVALID_ARGUMENT"});
  const std::string text = counts.Text();
  EXPECT_THAT(text, HasSubstr("# TYPE :tensorflow:serving:request_count counter\n"));
  EXPECT_THAT(text, Not(HasSubstr("# HELP")));
  EXPECT_THAT(text, HasSubstr(":tensorflow:serving:request_count{model_name=\"m\",status=\"OK\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("{model_name=\"m\",API=\"Predict\",entrypoint=\"GRPC\",le=\"10\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("{model_name=\"m\",API=\"Predict\",entrypoint=\"GRPC\",le=\"18\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("{model_name=\"m\",API=\"predict\",entrypoint=\"REST\",le=\"+Inf\"} 1\n"));
  EXPECT_THAT(
      text,
      HasSubstr(":tensorflow:serving:request_latency_sum{model_name=\"m\",API=\"Predict\",entrypoint=\"GRPC\"} 20\n"));
}

}  // namespace
}  // namespace trireme::tfserving
