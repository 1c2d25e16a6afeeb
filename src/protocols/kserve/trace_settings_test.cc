// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/trace_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace trireme::kserve {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

Status Refused(const TraceSettingValues& wanted) {
  return ChangeTraceSettings({}, {}, wanted).status();
}

TEST(TraceSettings, AreToldInTritonsWords) {
  const TraceSettings settings{.timestamps = true, .rate = 10, .count = 5, .log_frequency = 3};
  EXPECT_THAT(TellTraceSettings(settings),
              ElementsAre(Pair("log_frequency", ElementsAre("3")), Pair("trace_count", ElementsAre("5")),
                          Pair("trace_file", ElementsAre("")), Pair("trace_level", ElementsAre("TIMESTAMPS")),
                          Pair("trace_mode", ElementsAre("opentelemetry")), Pair("trace_rate", ElementsAre("10"))));
  EXPECT_THAT(TellTraceSettings({})["trace_level"], ElementsAre("OFF"));
}

TEST(TraceSettings, ChangeWhereTheyAreNamed) {
  const TraceSettings now{.timestamps = true, .rate = 10, .count = 5, .log_frequency = 3};
  const Result<TraceSettings> changed = ChangeTraceSettings(now, {}, {{"trace_rate", {"1"}}, {"trace_count", {"-1"}}});
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_TRUE(changed->timestamps);
  EXPECT_EQ(changed->rate, 1U);
  EXPECT_EQ(changed->count, -1);
  EXPECT_EQ(changed->log_frequency, 3U);
}

TEST(TraceSettings, GoBackWhereTheyAreEmptied) {
  const TraceSettings now{.timestamps = true, .rate = 10, .count = 5, .log_frequency = 3};
  const TraceSettings otherwise{.timestamps = false, .rate = 7, .count = 6, .log_frequency = 2};
  const Result<TraceSettings> changed = ChangeTraceSettings(
      now, otherwise, {{"trace_level", {}}, {"trace_rate", {}}, {"trace_file", {}}, {"trace_mode", {}}});
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_FALSE(changed->timestamps);
  EXPECT_EQ(changed->rate, 7U);
  EXPECT_EQ(changed->count, 5);
}

TEST(TraceSettings, MayBeSaidToBeWhatTheyAre) {
  EXPECT_TRUE(Refused(TellTraceSettings({.timestamps = true})).ok());
}

TEST(TraceSettings, AreRefusedWhereTheyMakeNoSense) {
  for (const char* number : {"", "-2", "1.5", "one", "99999999999999999999", " 1"}) {
    for (const char* name : {"trace_rate", "trace_count", "log_frequency"}) {
      EXPECT_EQ(Refused({{name, {number}}}).code(), StatusCode::kInvalidArgument) << name << " " << number;
    }
  }
  EXPECT_THAT(Refused({{"trace_rate", {"1", "2"}}}).message(), HasSubstr("trace_rate: expected one value, found 2"));
  EXPECT_THAT(Refused({{"trace_level", {"MAX"}}}).message(), HasSubstr("trace_level: expected OFF or TIMESTAMPS"));
  EXPECT_EQ(Refused({{"trace_level", {"OFF", "TIMESTAMPS"}}}).code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(Refused({{"trace_speed", {"1"}}}).message(), HasSubstr("found key 'trace_speed'"));
}

TEST(TraceSettings, LeaveFileAndModeToTheServer) {
  EXPECT_EQ(Refused({{"trace_file", {"/tmp/trace.json"}}}).code(), StatusCode::kUnsupported);
  EXPECT_EQ(Refused({{"trace_mode", {"triton"}}}).code(), StatusCode::kUnsupported);
  EXPECT_EQ(Refused({{"trace_level", {"TIMESTAMPS", "TENSORS"}}}).code(), StatusCode::kUnsupported);
}

class TraceControlTest : public testing::Test {
 protected:
  TraceSettingValues Change(const std::string& model, const TraceSettingValues& wanted) {
    Result<TraceSettingValues> changed = control_.Change(model, wanted);
    EXPECT_TRUE(changed.ok()) << changed.status();
    return *std::move(changed);
  }

  metrics::Registry registry_;
  const Logger log_{2, Logger::Form::kText, LogLevel::kError};
  Tracer tracer_{{.endpoint = std::nullopt, .settings = {.timestamps = true, .rate = 50}}, registry_, log_};
  const TraceControl control_{tracer_};
};

TEST_F(TraceControlTest, TakesTheServerBackToWhereItBegan) {
  EXPECT_THAT(Change("", {{"trace_rate", {"5"}}})["trace_rate"], ElementsAre("5"));
  EXPECT_THAT(Change("", {{"trace_rate", {}}})["trace_rate"], ElementsAre("50"));
}

TEST_F(TraceControlTest, LetsAModelFollowTheServerAgain) {
  EXPECT_THAT(Change("m", {{"trace_rate", {"5"}}})["trace_rate"], ElementsAre("5"));
  Change("", {{"trace_rate", {"70"}}});
  EXPECT_THAT(control_.Show("m")["trace_rate"], ElementsAre("5"));
  Change("m", {{"trace_rate", {}}});
  Change("", {{"trace_rate", {"80"}}});
  EXPECT_THAT(control_.Show("m")["trace_rate"], ElementsAre("80"));
}

}  // namespace
}  // namespace trireme::kserve
