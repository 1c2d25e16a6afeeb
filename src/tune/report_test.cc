// SPDX-License-Identifier: Apache-2.0
#include "tune/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

namespace trireme::tune {
namespace {

using std::chrono::milliseconds;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

LoadPoint Closed(int users, double per_second, int milliseconds_at_quantile) {
  return {.users = users,
          .answered = 400,
          .per_second = per_second,
          .p50 = milliseconds(milliseconds_at_quantile / 2),
          .p99 = milliseconds(milliseconds_at_quantile),
          .at_quantile = milliseconds(milliseconds_at_quantile)};
}

LoadPoint Open(double per_second, int milliseconds_at_quantile) {
  LoadPoint point = Closed(0, per_second, milliseconds_at_quantile);
  point.is_open = true;
  return point;
}

// Three candidates, of which the second is the best and the first fell behind.
ModelOutcome Outcome() {
  ModelOutcome model;
  model.wanted.goal = ServiceGoal{.quantile = 0.99, .latency = milliseconds(100)};
  model.facts.name = "resnet<50>";
  model.inputs = "x FP32[1,16]";
  model.rows = 1;
  model.candidates = {{}, {.max_batch = 8, .callers = 2, .threads = 1}, {.max_batch = 4, .callers = 1, .threads = 2}};
  model.visits = {{.rung = -1, .candidate = 0, .points = {Closed(1, 1, 1)}},
                  {.rung = 0, .candidate = 0, .points = {Closed(1, 20, 50), Closed(4, 30, 120)}},
                  {.rung = 1, .candidate = 1, .points = {Closed(1, 20, 50), Closed(4, 60, 80), Open(54, 95)}},
                  {.rung = 1, .round = 1, .candidate = 1, .points = {Closed(4, 64, 84), Open(50, 91)}},
                  {.rung = 1, .round = 2, .candidate = 1, .points = {Closed(4, 62, 82), Open(52, 93)}},
                  {.rung = 1, .candidate = 2, .points = {Closed(1, 25, 40), Open(51, 99)}}};
  model.result.fates = {{.kind = Fate::Kind::kWorse, .rung = 0},
                        {.kind = Fate::Kind::kFinalist, .rung = 1},
                        {.kind = Fate::Kind::kFinalist, .rung = 1}};
  model.result.standings = {{.candidate = 1, .score = {.mean = 52, .low = 50, .high = 54, .count = 3}},
                            {.candidate = 2, .score = {.mean = 51, .low = 49, .high = 53, .count = 3}},
                            {.candidate = 0, .score = {.mean = 20, .low = 18, .high = 22, .count = 2}}};
  model.best = 1;
  model.settings_file = "/tmp/t/serve.yaml";
  return model;
}

// No candidate answers in time.
ModelOutcome TooSlow() {
  ModelOutcome model = Outcome();
  for (Visit& visit : model.visits) visit.points = {Closed(1, 5, 180)};
  for (Standing& standing : model.result.standings) standing.score = {.count = 2};
  return model;
}

TuneReport ReportOf(ModelOutcome model) {
  TuneReport report;
  report.facts.command = "trireme tune m.onnx";
  report.models.push_back(std::move(model));
  return report;
}

std::vector<std::string> Notes(const ModelOutcome& model) {
  return Notes(ReportOf(model), model);
}

TEST(PointsOf, AreMediansWithoutTheFirstLook) {
  const std::vector<LoadPoint> points = PointsOf(Outcome(), 1);
  ASSERT_EQ(points.size(), 3U);
  EXPECT_EQ(points[1].users, 4);
  EXPECT_EQ(points[1].per_second, 62);
  EXPECT_EQ(points[1].at_quantile, milliseconds(82));
  EXPECT_EQ(points[1].answered, 1200U);
  EXPECT_TRUE(points[2].is_open);
  EXPECT_EQ(PointsOf(Outcome(), 0)[0].per_second, 20);
}

TEST(PointsOf, AreTheMeanOfTheMiddleTwoOfAnEvenNumber) {
  ModelOutcome model = Outcome();
  model.visits.pop_back();
  model.visits.pop_back();
  const std::vector<LoadPoint> points = PointsOf(model, 1);
  ASSERT_EQ(points.size(), 3U);
  EXPECT_EQ(points[1].per_second, 62);
  EXPECT_EQ(points[1].at_quantile, milliseconds(82));
  EXPECT_EQ(points[2].per_second, 52);
}

TEST(ChosenPoint, IsTheGoodputOrElseTheLightestLoad) {
  EXPECT_EQ(ChosenPoint(Outcome(), 1)->per_second, 52);
  EXPECT_EQ(ChosenPoint(Outcome(), 0)->users, 1);
  EXPECT_EQ(ChosenPoint(TooSlow(), 1)->at_quantile, milliseconds(180));
}

TEST(Verdict, NamesTheSettingsAndWhatTheyGive) {
  EXPECT_EQ(Verdict(Outcome()),
            "52.00 requests/s (50.00 to 54.00) within p99=100ms with batch 8, callers 2, threads 1");
  ModelOutcome free = Outcome();
  free.wanted.goal.reset();
  EXPECT_EQ(Verdict(free), "52.00 requests/s (50.00 to 54.00) with batch 8, callers 2, threads 1");
}

TEST(Verdict, SaysThatAGoalIsBelowOneRun) {
  EXPECT_FALSE(TooSlow().KeepsGoal());
  EXPECT_EQ(
      Verdict(TooSlow()),
      "p99=100ms cannot be kept: one request alone takes 180.0 ms (p99; p50 90.00 ms) with the quickest settings, "
      "batch 8, callers 2, threads 1. That is the best that can be had here");
  EXPECT_EQ(FateText(TooSlow(), 1), "nearest to the goal");
  EXPECT_FALSE(ReportOf(TooSlow()).KeepsAllGoals());
}

TEST(Verdict, SaysThatNothingCouldBeMeasured) {
  ModelOutcome model = Outcome();
  model.best.reset();
  model.result.standings.clear();
  for (Fate& fate : model.result.fates) fate = {.kind = Fate::Kind::kFailed, .failure = "it ended"};
  EXPECT_EQ(Verdict(model), "No candidate could be measured: it ended");
  EXPECT_FALSE(model.KeepsGoal());
  EXPECT_THAT(Table(ReportOf(model)), HasSubstr("it ended"));
  EXPECT_THAT(Html(ReportOf(model)), HasSubstr("it ended"));
}

TEST(Notes, NameThoseThatAreAsGood) {
  EXPECT_THAT(Notes(Outcome()),
              ElementsAre("By what was measured these are as good as the best: batch 4, callers 1, threads 2",
                          HasSubstr("Only those that came to the last rung were measured at a rate")));
  EXPECT_EQ(FateText(Outcome(), 2), "as good");
  EXPECT_EQ(FateText(Outcome(), 0), "worse (rung 1)");
}

TEST(Notes, SayThatNothingHasToBeSetWhereTheServerDoesAsWell) {
  ModelOutcome model = Outcome();
  std::swap(model.candidates[0], model.candidates[2]);
  EXPECT_THAT(Notes(model), Contains(HasSubstr("nothing has to be set")));
}

TEST(Notes, DoubtAQuantileOfFewAnswers) {
  ModelOutcome model = Outcome();
  for (Visit& visit : model.visits) {
    for (LoadPoint& point : visit.points) point.answered = 20;
  }
  EXPECT_THAT(Notes(model), Contains(HasSubstr("that of 60 answers, and 299 are needed")));
}

TEST(Notes, SayWhatWasNotMeasuredAndWhy) {
  ModelOutcome model = Outcome();
  model.result.fates[0] = {.kind = Fate::Kind::kLeftOut};
  model.result.time_was_up = true;
  model.facts.decided = {.batch = true, .threads = true};
  model.trials = {{.precision = Precision::kInt8, .summary = "9 nodes changed", .refusal = "12 % off"}};
  model.verified = Open(20, 90);
  const std::vector<std::string> notes = Notes(model);
  EXPECT_THAT(notes, Contains(HasSubstr("1 of 3 candidates, chosen at random, were not measured")));
  EXPECT_THAT(notes, Contains(HasSubstr("what was therefore not searched: batch, threads")));
  EXPECT_THAT(notes, Contains("int8 was not tried: 9 nodes changed: 12 % off"));
  EXPECT_THAT(notes, Contains(HasSubstr("random elements, which say little")));
  EXPECT_THAT(notes, Contains(HasSubstr("gave 20.00 requests/s instead of 52.00")));
  model.result.fates[0] = {.kind = Fate::Kind::kFailed, .failure = "it ended"};
  EXPECT_THAT(Notes(model), Contains("Could not be measured: as the server decides: it ended"));
}

TEST(Costs, AreThoseOfTheBestSettings) {
  TuneReport report = ReportOf(Outcome());
  EXPECT_THAT(Costs(report, report.models[0]), IsEmpty());
  report.options.prices = {{"", 0.36}};
  report.options.frames_per_second = 26;
  const std::vector<Cost> costs = Costs(report, report.models[0]);
  ASSERT_EQ(costs.size(), 3U);
  EXPECT_NEAR(costs[0].value, 0.36 / 3600 / 52 * 1e6, 1e-9);
  EXPECT_NEAR(costs[1].value, 24 * 0.36 / 2, 1e-9);
  EXPECT_EQ(costs[2].value, 2);
  EXPECT_THAT(Table(report), HasSubstr(costs[1].formula));
  EXPECT_THAT(Table(report), HasSubstr("such videos at a time on one machine: 2\n"));
  EXPECT_THAT(Costs(report, TooSlow()), IsEmpty());
}

TEST(Notes, SayThatTheBestSettingsHaveNoPrice) {
  TuneReport report = ReportOf(Outcome());
  const auto notes = [&] { return Notes(report, report.models[0]); };
  const auto unknown = Contains(HasSubstr("is not known"));
  EXPECT_THAT(notes(), Not(unknown));
  report.options.prices = {{"cuda:0", 2.1}};
  EXPECT_THAT(notes(), Contains("What the best settings cost is not known: there is a price for cuda:0, and they are "
                                "for whatever device the server chooses: --price-per-hour PRICE is of every other "
                                "device"));
  report.models[0].candidates[1].device = "cpu";
  EXPECT_THAT(notes(), Contains(HasSubstr("and they are for cpu: ")));
  report.models[0].candidates[1].device = "cuda:0";
  EXPECT_THAT(notes(), Not(unknown));
  report.options.prices = {{"", 0.36}};
  EXPECT_THAT(notes(), Not(unknown));
}

TEST(Table, HasTheBestFirstAndSaysHowToServeIt) {
  const std::string table = Table(ReportOf(Outcome()));
  EXPECT_LT(table.find("batch 8, callers 2, threads 1    "), table.find("batch 4, callers 1, threads 2    "));
  EXPECT_THAT(table, HasSubstr("Serve it so: trireme serve --config /tmp/t/serve.yaml"));
}

TEST(Json, IsJsonWithAllCandidates) {
  ModelOutcome model = Outcome();
  model.result.standings[2].score.high = std::numeric_limits<double>::infinity();
  const auto json = nlohmann::json::parse(Json(ReportOf(model)));
  const auto& read = json["models"][0];
  EXPECT_EQ(read["model"], "resnet<50>");
  EXPECT_EQ(read["keeps_goal"], true);
  ASSERT_EQ(read["candidates"].size(), 3U);
  EXPECT_EQ(read["candidates"][0]["max_batch"], 8);
  EXPECT_EQ(read["candidates"][0]["loads"].size(), 3U);
  EXPECT_FALSE(read["candidates"][2].contains("high"));
}

TEST(Csv, HasAsManyFieldsInEachLine) {
  TuneReport report = ReportOf(Outcome());
  report.options.prices = {{"", 1}};
  std::istringstream lines(Csv(report));
  std::string line;
  std::getline(lines, line);
  const auto columns = std::ranges::count(line, ',');
  for (int number = 2; std::getline(lines, line); ++number) {
    bool is_quoted = false;
    std::ptrdiff_t commas = 0;
    for (const char c : line) {
      if (c == '"') is_quoted = !is_quoted;
      if (c == ',' && !is_quoted) ++commas;
    }
    EXPECT_EQ(commas, columns) << number << ": " << line;
  }
}

TEST(Html, ShowsTheChosenPointAndHidesNothingInNames) {
  const std::string page = Html(ReportOf(Outcome()));
  EXPECT_THAT(page, HasSubstr("class=\"mark\""));
  EXPECT_THAT(page, HasSubstr(">chosen<"));
  EXPECT_THAT(page, HasSubstr("resnet&lt;50&gt;"));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(Markdown(ReportOf(Outcome())), HasSubstr("resnet\\<50\\>"));
}

}  // namespace
}  // namespace trireme::tune
