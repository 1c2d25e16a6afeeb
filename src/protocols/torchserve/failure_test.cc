// SPDX-License-Identifier: Apache-2.0
#include "protocols/torchserve/failure.h"

#include <gtest/gtest.h>

namespace trireme::torchserve {
namespace {

TEST(FailureOf, HasNumbersOfItsOwnForWhatIsTheClientsFault) {
  struct Case {
    Status status;
    int http;
    net::GrpcCode grpc;
  };
  for (const Case& c : {Case{InvalidArgument("x"), 400, net::GrpcCode::kInvalidArgument},
                        Case{NotFound("x"), 404, net::GrpcCode::kNotFound},
                        Case{Status(StatusCode::kAlreadyExists, "x"), 409, net::GrpcCode::kAlreadyExists},
                        Case{TooLarge("x"), 413, net::GrpcCode::kInvalidArgument},
                        Case{Status(StatusCode::kUnauthenticated, "x"), 401, net::GrpcCode::kUnauthenticated},
                        Case{Status(StatusCode::kPermissionDenied, "x"), 403, net::GrpcCode::kPermissionDenied},
                        Case{Overloaded("x"), 503, net::GrpcCode::kUnavailable},
                        Case{Unavailable("x"), 503, net::GrpcCode::kUnavailable},
                        Case{Status(StatusCode::kDeadlineExceeded, "x"), 408, net::GrpcCode::kDeadlineExceeded},
                        Case{Unsupported("x"), 501, net::GrpcCode::kUnimplemented},
                        Case{Internal("x"), 500, net::GrpcCode::kInternal}}) {
    EXPECT_EQ(FailureOf(c.status).code(), c.http) << c.status;
    EXPECT_EQ(ManagementStatus(FailureOf(c.status)).code, c.grpc) << c.status;
  }
}

TEST(ManagementStatus, TheDefaultVersionIsAConditionThatDoesNotHold) {
  const Failure failure{.type = ErrorType::kInvalidModelVersion, .message = "Cannot remove default version"};
  EXPECT_EQ(failure.code(), 403);
  EXPECT_EQ(ManagementStatus(failure).code, net::GrpcCode::kFailedPrecondition);
}

TEST(InferenceStatus, HasTheTypeBehindTheText) {
  EXPECT_EQ(InferenceStatus(ModelNotFound("m")).message, "Model not found: m\nModelNotFoundException");
}

TEST(CheckNumber, NamesWhatIsOutOfBounds) {
  EXPECT_EQ(CheckNumber("n", std::nullopt, 1, 5), std::nullopt);
  EXPECT_EQ(CheckNumber("n", 5, 1, 5), std::nullopt);
  EXPECT_EQ(CheckNumber("n", 6, 1, 5)->message, "n: expected a number from 1 to 5, found 6");
}

}  // namespace
}  // namespace trireme::torchserve
