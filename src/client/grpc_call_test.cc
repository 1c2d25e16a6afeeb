// SPDX-License-Identifier: Apache-2.0
#include "client/grpc_call.h"

#include <gtest/gtest.h>

namespace trireme::client {
namespace {

using net::GrpcCode;
using namespace std::string_literals;

TEST(GrpcCallTest, WritesTimeoutsInEightDigits) {
  EXPECT_EQ(GrpcTimeout(std::chrono::milliseconds(1'500)), "1500m");
  EXPECT_EQ(GrpcTimeout(std::chrono::hours(48)), "172800S");
  EXPECT_EQ(GrpcTimeout(std::chrono::hours(24) * 36'500), "99999999S");
}

TEST(GrpcCallTest, APrefixSaysTheLengthInFourBytes) {
  EXPECT_EQ(GrpcPrefix(0), "\0\0\0\0\0"s);
  EXPECT_EQ(GrpcPrefix(0x01020304), "\0\1\2\3\4"s);
}

TEST(GrpcCallTest, DecodesMessages) {
  EXPECT_EQ(DecodeGrpcMessage("no%20model%3A %zz%4"), "no model: %zz%4");
}

TEST(GrpcCallTest, AnUnknownCodeIsUnknown) {
  EXPECT_EQ(ParseGrpcCode("8"), GrpcCode::kResourceExhausted);
  for (const char* text : {"", "17", "-1", "1x", "300"}) EXPECT_EQ(ParseGrpcCode(text), GrpcCode::kUnknown) << text;
}

TEST(GrpcCallTest, TellsOverloadFromFaults) {
  EXPECT_TRUE(StatusOf({}).ok());
  EXPECT_EQ(StatusOf({GrpcCode::kResourceExhausted, "full"}).code(), StatusCode::kOverloaded);
  EXPECT_EQ(StatusOf({GrpcCode::kResourceExhausted, "full"}).message(), "gRPC status RESOURCE_EXHAUSTED: full");
  EXPECT_EQ(StatusOf({GrpcCode::kUnimplemented, ""}).code(), StatusCode::kUnsupported);
  EXPECT_EQ(CodeOfHttp(503), GrpcCode::kUnavailable);
  EXPECT_EQ(CodeOfHttp(401), GrpcCode::kUnauthenticated);
}

TEST(GrpcCallTest, NamesMethodAuthorityAndTimeout) {
  const GrpcHead head =
      PrepareCall({.host = "h", .port = 1, .tls = true}, "/s/m", std::chrono::milliseconds(5), {{"k", "v"}});
  std::string text;
  for (const auto& [name, value] : head.headers) text += name + "=" + value + " ";
  EXPECT_EQ(text,
            ":method=POST :scheme=https :path=/s/m :authority=h:1 te=trailers content-type=application/grpc "
            "user-agent=trireme grpc-timeout=5m k=v ");
}

}  // namespace
}  // namespace trireme::client
