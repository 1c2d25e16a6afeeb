// SPDX-License-Identifier: Apache-2.0
#include "bench/capacity_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <sstream>

namespace trireme::bench {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr uint64_t kMiB = 1 << 20;

CapacityStage StageOf(int users, int requests, uint64_t failed = 0) {
  CapacityStage stage{.users = users, .length = std::chrono::seconds(2), .failed = failed};
  for (int i = 0; i < requests; ++i) stage.latency.Record(milliseconds(10 * users));
  return stage;
}

CapacityRow RowOf(std::string name) {
  return {.name = std::move(name),
          .inputs = "x FP32[1,2]",
          .models = 2,
          .budget_bytes = 1000 * kMiB,
          .used_bytes = {150 * kMiB, 250 * kMiB},
          .before_bytes = 10 * kMiB,
          .load_seconds = {0.4, 0.2},
          .stages = {StageOf(1, 40), StageOf(2, 60), StageOf(5, 50, 3)},
          .failure = "with 5 users: HTTP 429"};
}

CapacityReport ReportOf(std::vector<CapacityRow> rows) {
  return {.options = {}, .facts = {.command = "trireme bench"}, .rows = std::move(rows)};
}

TEST(CapacityRow, SaysWhatOneModelTakes) {
  const CapacityRow row = RowOf("a");
  EXPECT_EQ(row.bytes_a_model(), 100.0 * kMiB) << "without what the first one brought along";
  EXPECT_NEAR(row.load_ms().median, 300, 1e-9);
  EXPECT_EQ(row.best_per_second(), 30);
  EXPECT_EQ(CapacityRow().bytes_a_model(), 0);
  EXPECT_EQ((CapacityRow{.used_bytes = {5}, .before_bytes = 2}.bytes_a_model()), 3);
}

TEST(CapacityRow, CountsUsersOfStagesWithoutAFailure) {
  CapacityRow row = RowOf("a");
  EXPECT_EQ(row.users_before_failure(), 2);
  row.stages = {StageOf(1, 0, 1)};
  EXPECT_EQ(row.users_before_failure(), 0);
}

TEST(CapacityReport, HasARowForEachVariant) {
  const CapacityReport report = ReportOf({RowOf("resnet50"), RowOf("smaller")});
  for (const ReportForm form : {ReportForm::kMarkdown, ReportForm::kHtml, ReportForm::kCsv, ReportForm::kJson}) {
    EXPECT_THAT(Write(report, form), HasSubstr("smaller"));
  }
  EXPECT_EQ(CapacityColumns().size(), CapacityCells(report.rows[0]).size());
  EXPECT_THAT(Markdown(report), HasSubstr("| resnet50 | 2 | 1000 MiB | 100.0 | 300.0 | 20.00 | "));
}

TEST(CapacityReport, SaysThatUsersWereNotEnoughToBreakIt) {
  CapacityRow row = RowOf("a");
  EXPECT_THAT(CapacityCells(row), testing::Contains("2"));
  row.stages.pop_back();
  row.failure.clear();
  EXPECT_THAT(CapacityCells(row), testing::Contains("2 or more"));
}

TEST(CapacityReport, TellsWhyItEnded) {
  CapacityRow row = RowOf("a");
  row.refusal = "the budget is full";
  EXPECT_THAT(ReportOf({row}).Notes(), ElementsAre("a: no more were loaded: the budget is full",
                                                   "a: the first failure: with 5 users: HTTP 429"));
  EXPECT_THAT(Table(ReportOf({row})), HasSubstr("note: a: the first failure"));
}

TEST(CapacityReport, HasAsManyFieldsInEachLineOfCsv) {
  std::istringstream lines(Csv(ReportOf({RowOf("a")})));
  std::string line;
  for (size_t fields = 0; std::getline(lines, line);) {
    const auto commas = static_cast<size_t>(std::ranges::count(line, ','));
    if (fields == 0) fields = commas;
    EXPECT_EQ(commas, fields) << line;
  }
}

TEST(CapacityReport, FitsATerminal) {
  CapacityRow row = RowOf("a_name_of_some_length_that_people_give");
  row.budget_bytes = 1023 * kMiB;
  row.failure.clear();
  std::istringstream lines(Table(ReportOf({row})));
  size_t widest = 0;
  for (std::string line; std::getline(lines, line);) widest = std::max(widest, line.size());
  EXPECT_LE(widest, 110U);
  EXPECT_THAT(Table(ReportOf({RowOf("a")})),
              StartsWith("       models                MiB  load time,  users before        most\n"
                         "model    held    budget  a model          ms     a failure  requests/s\n"
                         "a           2  1000 MiB    100.0       300.0             2       30.00\n"));
}

TEST(CapacityReport, ChartsSayTheirUnitsAndTheBudget) {
  const std::string page = Html(ReportOf({RowOf("a"), RowOf("b")}));
  EXPECT_THAT(page, HasSubstr(">memory, MiB<"));
  EXPECT_THAT(page, HasSubstr(">load time, ms<"));
  EXPECT_THAT(page, HasSubstr(">models in memory<"));
  EXPECT_THAT(page, HasSubstr(">users at a time, on a logarithmic scale<"));
  EXPECT_THAT(page, HasSubstr("<span class=\"bound\"><i></i>budget of 1000 MiB</span>"));
  EXPECT_EQ(page.find("<path class=\"line bound\""), page.rfind("<path class=\"line bound\"")) << "both have the same";
  CapacityRow large = RowOf("large");
  large.budget_bytes = 8000 * kMiB;
  large.load_seconds = {2.5};
  const std::string other = Html(ReportOf({large}));
  EXPECT_THAT(other, HasSubstr(">memory, GiB<"));
  EXPECT_THAT(other, HasSubstr(">load time, s<"));
}

TEST(CapacityReport, StandsAloneAsAPage) {
  CapacityRow row = RowOf("<b>");
  const std::string page = Html(ReportOf({row}));
  EXPECT_THAT(page, StartsWith("<!DOCTYPE html>"));
  EXPECT_THAT(page, HasSubstr("&lt;b&gt;"));
  EXPECT_THAT(page, Not(HasSubstr("<b>")));
  EXPECT_THAT(page, HasSubstr("<svg"));
}

TEST(CapacityReport, CanBeEmpty) {
  for (const ReportForm form : {ReportForm::kMarkdown, ReportForm::kHtml, ReportForm::kCsv, ReportForm::kJson}) {
    EXPECT_FALSE(Write(ReportOf({}), form).empty());
    EXPECT_FALSE(Write(ReportOf({CapacityRow()}), form).empty());
  }
}

}  // namespace
}  // namespace trireme::bench
