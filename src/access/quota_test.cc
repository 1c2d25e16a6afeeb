// SPDX-License-Identifier: Apache-2.0
#include "access/quota.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trireme {
namespace {

using testing::HasSubstr;

TEST(Quota, IsRequestsASecondProcessorsOrBoth) {
  EXPECT_EQ(*ParseQuota("100/s"), (Quota{.requests_per_second = 100, .processors = {}}));
  EXPECT_EQ(*ParseQuota("0.25/s"), (Quota{.requests_per_second = 0.25, .processors = {}}));
  EXPECT_EQ(*ParseQuota("0.5cpu"), (Quota{.requests_per_second = {}, .processors = 0.5}));
  EXPECT_EQ(*ParseQuota("0/s"), (Quota{.requests_per_second = 0, .processors = {}}));
  EXPECT_EQ(*ParseQuota("2cpu,1000000000/s"), (Quota{.requests_per_second = 1e9, .processors = 2}));
}

TEST(Quota, RefusesWhatIsNone) {
  for (const char* text : {"",      "100",          "/s",          "cpu",        "-1/s",  "+1/s",    "1e3/s",
                           "nan/s", "inf/s",        "0x10/s",      "1..2/s",     "1 /s",  "100/s,",  ",100/s",
                           "100/m", "1000000001/s", "0.0000009/s", "1000001cpu", "100/S", "1/s;2cpu"}) {
    const Result<Quota> quota = ParseQuota(text);
    ASSERT_FALSE(quota.ok()) << text;
    EXPECT_EQ(quota.status().code(), StatusCode::kInvalidArgument);
    EXPECT_THAT(quota.status().message(), HasSubstr("as in 100/s"));
  }
  EXPECT_THAT(ParseQuota("1/s,2/s").status().message(), HasSubstr("expected each kind once, found another one: '2/s'"));
}

TEST(Quota, IsShownAsItIsParsed) {
  EXPECT_EQ(RequestsText(100), "100/s");
  EXPECT_EQ(RequestsText(0.1), "0.1/s");
  EXPECT_EQ(RequestsText(0.000001), "0.000001/s");
  EXPECT_EQ(RequestsText(1e9), "1000000000/s");
  EXPECT_EQ(ProcessorsText(0.5), "0.5cpu");
}

}  // namespace
}  // namespace trireme
