// SPDX-License-Identifier: Apache-2.0
#include "app/models_why.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trireme {
namespace {

using admin::ModelEntry;
using admin::Running;
using admin::Seconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(ModelsWhyTest, SaysHowAModelIsRunAndWhatDecidesIt) {
  const Running running{
      .goal = "p99=100ms",
      .margin = 0.97,
      .late_share = 0.004,
      .predicted_late = 120,
      .prediction_error_p90 = 0.08,
      .instances = 2,
      .batch_rows = 1,
      .max_rows = 1,
      .why_no_more_rows = "more would hardly make a row cheaper",
      .has_wide = true,
      .is_wide = false,
      .company = 3.5,
      .rows_per_second = 250,
      .runs = 1000,
      .run_times = {{.rows = 1, .typical = Seconds(0.0067), .most = Seconds(0.0072), .runs = 990},
                    {.rows = 1, .wide = true, .typical = Seconds(0.0043), .most = Seconds(0.005), .runs = 10}}};
  EXPECT_EQ(ModelsWhy({.models = {{.name = "net", .version = 2, .state = "ready", .running = running},
                                  {.name = "cold", .version = 1, .state = "on demand"}},
                       .memory = {}}),
            R"(net version 2
  goal      p99=100ms: 0.4 % of the last answers were late, so 97 % of the time is promised; 120 requests were refused because they would have been late; nine in ten predictions are within 8 %
  batch     a run has the rows of one request: more would hardly make a row cheaper
  runs      up to 2 runs at a time, each with one processor (4.3 ms a row with all processors, 6.7 ms with one): a request finds 3.5 others on average
  load      250 rows a second come
  measured
    ROWS  PROCESSORS  RUN     NINE IN TEN  ROWS/S  SEEN
    1     one         6.7 ms  <= 7.2 ms    149.3   990
    1     all         4.3 ms  <= 5.0 ms    232.6   10
)");
}

TEST(ModelsWhyTest, SaysWhyABatchHasNoMoreRows) {
  const struct {
    int64_t batch_rows, max_rows;
    std::string why, line;
  } kCases[] = {
      {1, 1, "as it was set", "a run has the rows of one request: as it was set\n"},
      {8, 8, "as it was set", "up to 8 rows a run: as it was set\n"},
      {4, 32, "larger ones were not tried",
       "up to 4 rows a run: of the 32 that it may have, more would be late or hardly make a row cheaper\n"},
      {1, 0, "", "a run has the rows of one request\n"},  // of an older server
  };
  for (const auto& one : kCases) {
    const Running running{.batch_rows = one.batch_rows, .max_rows = one.max_rows, .why_no_more_rows = one.why};
    EXPECT_THAT(ModelsWhy({.models = {{.name = "net", .running = running}}, .memory = {}}),
                HasSubstr("  batch     " + one.line));
  }
}

TEST(ModelsWhyTest, SaysWhatRunsHaveToThemselves) {
  ModelEntry model{.name = "net", .running = Running{.run_times = {{.rows = 1, .runs = 1}}}};
  const auto why = [&] { return ModelsWhy({.models = {model}, .memory = {}}); };
  EXPECT_THAT(why(), AllOf(HasSubstr("one run at a time, with one processor each\n"), HasSubstr("\n    1     one ")));
  EXPECT_THAT(why(), Not(HasSubstr("weight")));
  model.running->instances = 2;
  model.running->threads = 4;
  model.running->weight = 2;
  EXPECT_THAT(why(), AllOf(HasSubstr("up to 2 runs at a time, with 4 processors each\n"), HasSubstr("\n    1     4 "),
                           HasSubstr("  weight    2 times the processor time of others\n")));
  model.device = "cuda:0";
  EXPECT_THAT(why(), AllOf(HasSubstr("up to 2 runs at a time, on cuda:0\n"), HasSubstr("\n    1     cuda:0 ")));
}

TEST(ModelsWhyTest, SaysThatAGoalCannotBeKept) {
  Running running{.goal = "p99=100ms",
                  .why_no_more_rows = {},
                  .has_wide = true,
                  .run_times = {{.rows = 1, .typical = Seconds(0.18), .most = Seconds(0.2), .runs = 5},
                                {.rows = 1, .wide = true, .typical = Seconds(0.12), .most = Seconds(0.2), .runs = 5}}};
  const auto why = [&] {
    return ModelsWhy({.models = {{.name = "net", .version = 1, .state = "ready", .running = running}}, .memory = {}});
  };
  EXPECT_THAT(why(), HasSubstr("\n            it cannot be kept: a run of one row takes 120 ms, so requests are "
                               "served as quickly as it goes\n"));
  running.run_times[1].typical = Seconds(0.09);
  EXPECT_THAT(why(), Not(HasSubstr("cannot be kept")));
  running.run_times[1].typical = Seconds(0.12);
  running.goal = "";
  EXPECT_THAT(why(), Not(HasSubstr("cannot be kept")));
}

TEST(ModelsWhyTest, SaysThatNothingServes) {
  EXPECT_EQ(ModelsWhy({}), "No model serves.\n");
}

}  // namespace
}  // namespace trireme
