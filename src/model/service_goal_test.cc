// SPDX-License-Identifier: Apache-2.0
#include "model/service_goal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace trireme {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST(ServiceGoal, ReadsWhatPeopleWriteAndSaysItAgain) {
  const Result<ServiceGoal> goal = ParseServiceGoal("p99=100ms");
  ASSERT_TRUE(goal.ok()) << goal.status();
  EXPECT_DOUBLE_EQ(goal->quantile, 0.99);
  EXPECT_EQ(goal->latency, 100ms);
  for (const char* text : {"p99=100ms", "p50=2s", "p99.9=1500us", "p99.99=10us", "p95=1h"}) {
    const Result<ServiceGoal> read = ParseServiceGoal(text);
    ASSERT_TRUE(read.ok()) << text << ": " << read.status();
    EXPECT_EQ(ToString(*read), text);
  }
}

TEST(ServiceGoal, SaysWhatIsWrong) {
  const auto why = [](const std::string& text) { return ParseServiceGoal(text).status().message(); };
  EXPECT_THAT(why("100ms"), HasSubstr("expected a percentile and a time, as p99=100ms, found '100ms'"));
  EXPECT_THAT(why(""), HasSubstr("as p99=100ms"));
  EXPECT_THAT(why("p99"), HasSubstr("as p99=100ms"));
  EXPECT_THAT(why("p99=100"), HasSubstr("expected a time with its unit, as 100ms, behind p99=, found '100'"));
  EXPECT_THAT(why("p99="), HasSubstr("expected a time with its unit"));
  EXPECT_THAT(why("p99=-5ms"), HasSubstr("found '-5ms'"));
  EXPECT_THAT(why("p99=0"), HasSubstr("expected a time from 10us to 1h, found '0'"));
  EXPECT_THAT(why("p99=0ms"), HasSubstr("expected a time from 10us to 1h"));
  EXPECT_THAT(why("p99=9us"), HasSubstr("expected a time from 10us"));
  EXPECT_THAT(why("p99=2h"), HasSubstr("expected a time from 10us to 1h"));
  for (const char* percentile : {"p", "p0", "p49", "p100", "p101", "pnan", "pinf", "p9e1", "p-99", "p99x", "p0.99"}) {
    EXPECT_THAT(why(std::string(percentile) + "=1s"), HasSubstr("expected a percentile from p50 to p99.99"));
  }
  EXPECT_LT(why(std::string(1'000'000, 'x')).size(), 200u);
}

}  // namespace
}  // namespace trireme
