// SPDX-License-Identifier: Apache-2.0
#include "server/deadline_of.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace trireme {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

net::HttpRequest With(std::vector<net::HttpHeader> headers) {
  net::HttpRequest request;
  request.received = TimePoint(std::chrono::seconds(100));
  request.headers = std::move(headers);
  return request;
}

Duration Timeout(std::vector<net::HttpHeader> headers) {
  return *TimeoutOf(Operation::kInfer, With(std::move(headers)));
}

std::string Problem(std::vector<net::HttpHeader> headers) {
  const Result<Duration> timeout = TimeoutOf(Operation::kInfer, With(std::move(headers)));
  EXPECT_EQ(timeout.status().code(), StatusCode::kInvalidArgument);
  return timeout.status().message();
}

TEST(DeadlineOfTest, IsWhatTheHeadersSay) {
  EXPECT_EQ(Timeout({}), Duration::max());
  EXPECT_EQ(Timeout({{.name = "Grpc-Timeout", .value = "80m"}}), milliseconds(80));
  EXPECT_EQ(Timeout({{.name = "x-envoy-expected-rq-timeout-ms", .value = "250"}}), milliseconds(250));
  EXPECT_EQ(Timeout({{.name = "x-envoy-expected-rq-timeout-ms", .value = "0"}}), Duration::max());
  EXPECT_EQ(
      Timeout({{.name = "grpc-timeout", .value = "1S"}, {.name = "x-envoy-expected-rq-timeout-ms", .value = "9"}}),
      milliseconds(9));
  EXPECT_EQ(Timeout({{.name = "grpc-timeout", .value = "1S"}, {.name = "grpc-timeout", .value = "20m"}}),
            milliseconds(20));
}

TEST(DeadlineOfTest, IsCountedFromWhenTheRequestHadBeenRead) {
  const net::HttpRequest request = With({{.name = "grpc-timeout", .value = "80m"}});
  EXPECT_EQ(DeadlineOf(Operation::kInfer, request), request.received + milliseconds(80));
  EXPECT_EQ(DeadlineOf(Operation::kInfer, With({})), kNever);
  EXPECT_EQ(DeadlineOf(Operation::kInfer, With({{.name = "grpc-timeout", .value = "99999999H"}})), kNever);
}

TEST(DeadlineOfTest, RefusesWhatIsNoTime) {
  for (const char* value : {"", "80", "80ms", "-1m", "123456789m", "1.5S"}) {
    EXPECT_THAT(Problem({{.name = "grpc-timeout", .value = value}}),
                HasSubstr("header grpc-timeout: expected 1 to 8 digits and one of H M S m u n, got '" +
                          std::string(value) + "'"));
  }
  for (const char* value : {"", "80ms", "-1", "1.5", "1234567890123", " 1"}) {
    EXPECT_THAT(Problem({{.name = "x-envoy-expected-rq-timeout-ms", .value = value}}),
                HasSubstr("header x-envoy-expected-rq-timeout-ms: expected 1 to 12 digits, milliseconds, found '" +
                          std::string(value) + "'"));
  }
}

TEST(DeadlineOfTest, OnlyInferenceHasOne) {
  const net::HttpRequest request = With({{.name = "grpc-timeout", .value = "soon"}});
  EXPECT_TRUE(TimeoutOf(Operation::kProbe, request).ok());
  EXPECT_EQ(DeadlineOf(Operation::kProbe, request), kNever);
}

}  // namespace
}  // namespace trireme
