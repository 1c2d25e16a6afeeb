// SPDX-License-Identifier: Apache-2.0
#include "bench/svg_chart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trireme::bench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(RoundTicksTest, AreRoundAndReachTheTop) {
  EXPECT_THAT(RoundTicks(0, 10, 5), ElementsAre(0, 2, 4, 6, 8, 10));
  EXPECT_THAT(RoundTicks(0, 11, 5), ElementsAre(0, 5, 10, 15));
  EXPECT_THAT(RoundTicks(3, 9, 4), ElementsAre(4, 6, 8));
  EXPECT_THAT(RoundTicks(5, 5, 4), ElementsAre(5));
}

TEST(DrawChartTest, DrawsALineWithItsAxes) {
  Chart chart{.title = "t<", .x_name = "x", .y_name = "y", .lines = {{.name = "l", .points = {{0, 0}, {10, 10}}}}};
  const std::string svg = DrawChart(chart);
  EXPECT_THAT(svg, HasSubstr("<path class=\"line c1\" d=\"M84.0 256.0L684.0 44.0\"/>"));
  EXPECT_THAT(svg, HasSubstr("aria-label=\"t&lt;\""));
  EXPECT_THAT(svg, HasSubstr("<title>l: 10</title>"));
  EXPECT_THAT(svg, Not(HasSubstr("legend")));
}

TEST(DrawChartTest, LargeNumbersAreShort) {
  Chart chart{.lines = {{.name = "l", .points = {{0, 0}, {1, 2'000'000}}}}};
  EXPECT_THAT(DrawChart(chart), testing::AllOf(HasSubstr(">500k<"), HasSubstr(">1.5M<"), HasSubstr(">0<")));
}

TEST(DrawChartTest, SeveralLinesHaveALegend) {
  Chart chart{.lines = {{.name = "one", .points = {{0, 1}}}, {.name = "two", .points = {{0, 2}}, .colour = 2}}};
  EXPECT_THAT(DrawChart(chart), HasSubstr("<span class=\"c2\"><i></i>two</span>"));
}

TEST(DrawChartTest, NamesThatHaveNoRoomOnANarrowScreenAreMarked) {
  Chart chart{.lines = {{.name = "l", .points = {{0, 0}, {10, 1}}}},
              .x_ticks = {{0, "first"}, {0.5, "second"}, {5, "third"}, {10, "fourth"}}};
  const std::string svg = DrawChart(chart);
  EXPECT_THAT(svg, HasSubstr("class=\"wide-only\">second<"));
  EXPECT_EQ(svg.find("wide-only"), svg.rfind("wide-only"));
}

TEST(DrawChartTest, ABandLiesBehindTheLines) {
  Chart chart{.lines = {{.name = "l", .points = {{1, 0}, {4, 1}}}},
              .band = ChartBand{.from = 0, .to = 2, .text = "b<"}};
  const std::string svg = DrawChart(chart);
  EXPECT_THAT(svg, HasSubstr("<rect x=\"84.0\" y=\"44.0\" width=\"300.0\" height=\"212.0\"><title>b&lt;</title>"));
  EXPECT_LT(svg.find("<rect"), svg.find("<path"));
  EXPECT_THAT(svg, HasSubstr("<span class=\"band\"><i></i>b&lt;</span>"));
}

TEST(DrawChartTest, ALogarithmHasNoPlaceForZero) {
  Chart chart{.lines = {{.name = "l", .points = {{0, 0}, {1, 1}, {2, 100}}}}, .has_log_y = true};
  const std::string svg = DrawChart(chart);
  EXPECT_THAT(svg, HasSubstr("d=\"M84.0 256.0L684.0 44.0\""));
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(svg, Not(HasSubstr("inf")));
}

TEST(DrawChartTest, UsersMayStandOnALogarithmicAxis) {
  Chart chart{.lines = {{.name = "l", .points = {{1, 1}, {10, 2}, {100, 4}}}}, .has_log_x = true, .has_whole_x = true};
  const std::string svg = DrawChart(chart);
  EXPECT_THAT(svg, HasSubstr("cx=\"384.0\""));
  for (const char* tick : {">1<", ">2<", ">5<", ">10<", ">20<", ">50<", ">100<"}) EXPECT_THAT(svg, HasSubstr(tick));
}

TEST(DrawChartTest, CountsHaveWholeTicksOnThePaper) {
  Chart chart{.lines = {{.name = "l", .points = {{0, 20}, {3, 40}}}}, .has_whole_x = true};
  EXPECT_THAT(DrawChart(chart), Not(HasSubstr(">0.5<")));
  chart.lines[0].points[1].first = 11;
  EXPECT_THAT(DrawChart(chart), Not(HasSubstr(">12<")));
}

TEST(DrawChartTest, ABoundIsDashedAndHasNoDots) {
  Chart chart{
      .lines = {{.name = "l", .points = {{0, 1}}}, {.name = "budget", .points = {{0, 8}, {1, 8}}, .is_bound = true}}};
  const std::string svg = DrawChart(chart);
  EXPECT_THAT(svg, HasSubstr("<path class=\"line bound\""));
  EXPECT_THAT(svg, HasSubstr("<span class=\"bound\"><i></i>budget</span>"));
  EXPECT_THAT(svg, Not(HasSubstr("<title>budget")));
}

TEST(DrawChartTest, AMarkIsARingWithItsNameWhereThereIsRoom) {
  Chart chart{.lines = {{.name = "l", .points = {{0, 1}, {10, 20}}}},
              .mark = ChartMark{.x = 9, .y = 15, .text = "<it>"}};
  const std::string left_of_it = DrawChart(chart);
  EXPECT_THAT(left_of_it, HasSubstr("<g class=\"mark\"><circle"));
  EXPECT_THAT(left_of_it, HasSubstr("text-anchor=\"end\">&lt;it&gt;<"));
  chart.mark->x = 1;
  EXPECT_THAT(DrawChart(chart), HasSubstr("text-anchor=\"start\">&lt;it&gt;<"));
  // It lies on the paper even where no line goes.
  chart.mark = ChartMark{.x = 50, .y = 15, .text = "far"};
  EXPECT_THAT(DrawChart(chart), HasSubstr(">50<"));
  chart.has_log_y = true;
  chart.mark->y = 0;
  EXPECT_THAT(DrawChart(chart), Not(HasSubstr("class=\"mark\"")));
}

TEST(DrawChartTest, NothingIsDrawnAsAnEmptyPaper) {
  EXPECT_THAT(DrawChart({.lines = {{.name = "l", .points = {}}}}), Not(HasSubstr("<path")));
}

}  // namespace
}  // namespace trireme::bench
