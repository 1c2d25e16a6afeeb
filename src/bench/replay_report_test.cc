// SPDX-License-Identifier: Apache-2.0
#include "bench/replay_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace trireme::bench {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

ReplayReport Example() {
  ReplayReport report{.file = "a.jsonl", .tolerance = 1e-5, .requests = 3, .models = {"m"}, .recorded_seconds = 2};
  ReplayRun run{.url = "http://h:1", .server = "trireme 0.1.0", .connections = 4, .seconds = 2, .answered = 3};
  for (int i = 0; i < 3; ++i) {
    run.latency.Record(milliseconds(5));
    run.late.Record(milliseconds(1));
  }
  report.runs.push_back(run);
  DiffReport& diff = report.diff.emplace();
  diff.compared = 3;
  diff.outputs[{"m", "y"}] = {.requests = 3, .largest_absolute = 1e-7, .rows = 3, .same_argmax = 3};
  return report;
}

TEST(ReplayReport, IsGoodIfNothingFailedOrDiffers) {
  EXPECT_TRUE(Example().is_good());
  const auto is_bad = [](auto change) {
    ReplayReport report = Example();
    change(report);
    return !report.is_good();
  };
  EXPECT_TRUE(is_bad([](ReplayReport& report) { report.runs[0].failed = 1; }));
  EXPECT_TRUE(is_bad([](ReplayReport& report) { report.runs[0].answered = 0; }));
  EXPECT_FALSE(is_bad([](ReplayReport& report) { report.runs[0].failed = report.runs[0].failed_as_recorded = 2; }));
  EXPECT_TRUE(is_bad([](ReplayReport& report) {
    report.runs[0].failed = 2;
    report.runs[0].failed_as_recorded = 1;
  }));
  EXPECT_TRUE(is_bad([](ReplayReport& report) { report.left_out_count = 1; }));
  EXPECT_TRUE(is_bad([](ReplayReport& report) { report.diff->differing = 1; }));
  EXPECT_TRUE(is_bad([](ReplayReport& report) { report.diff->compared = 0; }));
  EXPECT_TRUE(is_bad([](ReplayReport& report) { report.runs[0].early_end = EarlyEnd(); }));
}

TEST(ReplayReport, TellsPeople) {
  ReplayReport report = Example();
  report.left_out = {{.line = 7, .why = "expected '{', found \x1b[2J"}};
  report.left_out_count = 12;
  report.runs[0].failed = 2;
  report.runs[0].failed_as_recorded = 1;
  report.diff->differing = 2;
  report.diff->first = {"line 3: m, output y: element 0 is 1 and 2"};
  const std::string table = Table(report);
  for (const char* text :
       {"recording     a.jsonl: 3 requests to m in 2.000 s, 12 lines left out\n", "line 7: expected '{', found ?[2J\n",
        "replayed      http://h:1 (trireme 0.1.0), as recorded, 4 connections\n", "sent late     p50 ",
        "answered      3\n", "failed        2, 1 of them as recorded\n",
        "outputs       3 answers compared, 2 differ (tolerance 1e-05)\n", "m/y: largest difference 1e-07",
        "the same argmax in 3 of 3 rows", "line 3: m, output y: element 0 is 1 and 2\n", "and 1 more\n"}) {
    EXPECT_THAT(table, HasSubstr(text));
  }
  EXPECT_THAT(Markdown(report), HasSubstr("Something failed or differs."));
  EXPECT_THAT(Markdown(Example()), HasSubstr("Every request was answered, and no output differs."));
}

TEST(ReplayReport, TellsPrograms) {
  ReplayReport report = Example();
  report.diff->outputs[{"m", "y"}].largest_absolute = INFINITY;
  const auto json = nlohmann::json::parse(Json(report));
  EXPECT_EQ(json["requests"], 3);
  EXPECT_EQ(json["good"], true);
  EXPECT_EQ(json["runs"][0]["answered"], 3);
  EXPECT_EQ(json["outputs"]["outputs"][0]["largest_absolute"], "infinite");
  EXPECT_EQ(json["outputs"]["outputs"][0]["same_argmax"], 3);
}

}  // namespace
}  // namespace trireme::bench
