// SPDX-License-Identifier: Apache-2.0
#include "app/models_why.h"

#include <gtest/gtest.h>

namespace trireme {
namespace {

using admin::Running;
using admin::Seconds;

TEST(ModelsWhyTest, SaysHowAModelIsRunAndWhatDecidesIt) {
  const Running running{
      .goal = "p99=100ms",
      .margin = 0.97,
      .late_share = 0.004,
      .predicted_late = 120,
      .prediction_error_p90 = 0.08,
      .instances = 2,
      .batch_rows = 1,
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
  batch     a run has the rows of one request: more would not make a row cheaper, or would be late
  runs      up to 2 runs at a time, each with one processor (4.3 ms a row with all processors, 6.7 ms with one): a request finds 3.5 others on average
  load      250 rows a second come
  measured
    ROWS  PROCESSORS  RUN     NINE IN TEN  ROWS/S  SEEN
    1     one         6.7 ms  <= 7.2 ms    149.3   990
    1     all         4.3 ms  <= 5.0 ms    232.6   10
)");
}

TEST(ModelsWhyTest, SaysThatNothingServes) {
  EXPECT_EQ(ModelsWhy({}), "No model serves.\n");
}

}  // namespace
}  // namespace trireme
