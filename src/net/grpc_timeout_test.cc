// SPDX-License-Identifier: Apache-2.0
#include "net/grpc_timeout.h"

#include <gtest/gtest.h>

namespace trireme::net {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

TEST(GrpcTimeout, HasSixUnits) {
  EXPECT_EQ(*ParseGrpcTimeout("2H"), hours(2));
  EXPECT_EQ(*ParseGrpcTimeout("2M"), std::chrono::minutes(2));
  EXPECT_EQ(*ParseGrpcTimeout("10S"), std::chrono::seconds(10));
  EXPECT_EQ(*ParseGrpcTimeout("100m"), milliseconds(100));
  EXPECT_EQ(*ParseGrpcTimeout("00000007u"), std::chrono::microseconds(7));
  EXPECT_EQ(*ParseGrpcTimeout("99999999n"), Duration(99'999'999));
  EXPECT_EQ(*ParseGrpcTimeout("0S"), Duration(0));
}

TEST(GrpcTimeout, IsRefusedInAnyOtherForm) {
  for (const char* wrong : {"", "S", "10", "10s", "-1S", "+1S", "1.5S", " 1S", "1 S", "123456789S", "1SS", "0x1S"}) {
    EXPECT_EQ(ParseGrpcTimeout(wrong).status().code(), StatusCode::kInvalidArgument) << wrong;
  }
}

TEST(GrpcTimeout, SaysWhatCame) {
  EXPECT_EQ(ParseGrpcTimeout("soon").status().message(),
            "grpc-timeout: expected 1 to 8 digits and one of H M S m u n, got 'soon'");
}

TEST(GrpcTimeout, ThatIsTooLongToCountIsNever) {
  EXPECT_EQ(*ParseGrpcTimeout("99999999H"), Duration::max());
  const TimePoint now = TimePoint(hours(1));
  EXPECT_EQ(DeadlineAfter(now, Duration::max()), kNever);
  EXPECT_EQ(DeadlineAfter(now, kNever - now), kNever);
  EXPECT_EQ(DeadlineAfter(now, milliseconds(5)), now + milliseconds(5));
}

}  // namespace
}  // namespace trireme::net
