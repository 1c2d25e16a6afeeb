// SPDX-License-Identifier: Apache-2.0
#include "net/grpc_encoding.h"

#include <gtest/gtest.h>

namespace trireme::net {
namespace {

TEST(GrpcEncoding, IsOneOfThree) {
  EXPECT_EQ(ParseGrpcEncoding("identity"), GrpcEncoding::kIdentity);
  EXPECT_EQ(ParseGrpcEncoding("gzip"), GrpcEncoding::kGzip);
  EXPECT_EQ(ParseGrpcEncoding("deflate"), GrpcEncoding::kDeflate);
  for (const char* unknown : {"", "br", "GZIP", "gzip, deflate", "zstd"}) {
    EXPECT_EQ(ParseGrpcEncoding(unknown), std::nullopt) << unknown;
  }
}

TEST(GrpcEncoding, IsFoundInAList) {
  EXPECT_TRUE(NamesEncoding("gzip", GrpcEncoding::kGzip));
  EXPECT_TRUE(NamesEncoding("identity, deflate, gzip", GrpcEncoding::kGzip));
  EXPECT_TRUE(NamesEncoding("identity,gzip ,br", GrpcEncoding::kGzip));
  for (const char* other : {"", ",", "identity", "gzipped", "x-gzip,br,"}) {
    EXPECT_FALSE(NamesEncoding(other, GrpcEncoding::kGzip)) << other;
  }
}

}  // namespace
}  // namespace trireme::net
