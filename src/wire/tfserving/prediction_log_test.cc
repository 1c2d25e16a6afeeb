// SPDX-License-Identifier: Apache-2.0
#include "wire/tfserving/prediction_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "codec/proto_wire.h"

namespace trireme::tfserving {
namespace {

using ::testing::HasSubstr;

std::string Log(int field, std::string_view request) {
  std::string log;
  ProtoWriter(log).Message(field, [&](auto& inner) { inner.Bytes(1, request); });
  return log;
}

TEST(PredictionLog, HasOneOfTheKindsOfRequests) {
  using Kind = PredictionLog::Kind;
  const std::pair<int, Kind> kinds[] = {
      {2, Kind::kClassify}, {3, Kind::kRegress}, {4, Kind::kMultiInference}, {6, Kind::kPredict}};
  for (const auto& [field, kind] : kinds) {
    const std::string bytes = Log(1, "noted by") + Log(field, "request");
    const Result<PredictionLog> log = DecodePredictionLog(bytes);
    ASSERT_TRUE(log.ok()) << log.status();
    EXPECT_EQ(log->kind, kind);
    EXPECT_EQ(log->request, "request");
  }
}

TEST(PredictionLog, SaysWhatItIsNot) {
  EXPECT_THAT(DecodePredictionLog("").status().message(), HasSubstr("found none"));
  EXPECT_THAT(DecodePredictionLog(Log(5, "")).status().message(), HasSubstr("found session_run_log"));
  EXPECT_EQ(DecodePredictionLog(Log(7, "")).status().code(), StatusCode::kUnsupported);
  EXPECT_EQ(DecodePredictionLog("\xff").status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(DecodePredictionLog(std::string("\x30\x01", 2)).status().message(), HasSubstr("predict_log"));
}

}  // namespace
}  // namespace trireme::tfserving
