// SPDX-License-Identifier: Apache-2.0
#include "metrics/exposition.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace trireme::metrics {
namespace {

std::string Sample(const Labels& labels, double value) {
  std::string out;
  AppendSample(out, "m", labels, value);
  return out;
}

TEST(ExpositionTest, EscapesQuotesBackslashesAndNewlinesInLabels) {
  EXPECT_EQ(Sample({{"a", "x\"y\\z\nw"}}, 1), "m{a=\"x\\\"y\\\\z\\nw\"} 1\n");
}

TEST(ExpositionTest, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(Sample({{"a", "caf\xC3\xA9 \xFF"}}, 1), "m{a=\"caf\xC3\xA9 \xEF\xBF\xBD\"} 1\n");
}

TEST(ExpositionTest, EscapesHelpButNotItsQuotes) {
  std::string out;
  AppendHead(out, "m", "a \"b\" \\ c\nd", "gauge");
  EXPECT_EQ(out, "# HELP m a \"b\" \\\\ c\\nd\n# TYPE m gauge\n");
}

TEST(ExpositionTest, WritesNumbersShortAndExact) {
  EXPECT_EQ(Sample({}, 0.1), "m 0.1\n");
  EXPECT_EQ(Sample({}, 9007199254740991), "m 9007199254740991\n");
  EXPECT_EQ(Sample({}, std::nan("")), "m NaN\n");
  EXPECT_EQ(Sample({}, std::numeric_limits<double>::infinity()), "m +Inf\n");
  EXPECT_EQ(Sample({}, -std::numeric_limits<double>::infinity()), "m -Inf\n");
}

TEST(ExpositionTest, WritesAHistogramCumulatively) {
  Histogram histogram(Buckets::Seconds({std::chrono::microseconds(10), std::chrono::milliseconds(1)}));
  histogram.Observe(std::chrono::microseconds(1));
  histogram.Observe(std::chrono::microseconds(100));
  histogram.Observe(std::chrono::seconds(2));
  std::string out;
  AppendHistogram(out, "h", {{"a", "b"}}, histogram.buckets(), histogram.Read());
  EXPECT_EQ(out,
            "h_bucket{a=\"b\",le=\"1e-05\"} 1\n"
            "h_bucket{a=\"b\",le=\"0.001\"} 2\n"
            "h_bucket{a=\"b\",le=\"+Inf\"} 3\n"
            "h_sum{a=\"b\"} 2.000101\n"
            "h_count{a=\"b\"} 3\n");
}

TEST(ExpositionTest, KnowsTheNamesThatPrometheusTakes) {
  EXPECT_TRUE(IsMetricName("trireme:requests_total2"));
  EXPECT_FALSE(IsMetricName("2fast"));
  EXPECT_FALSE(IsMetricName(""));
  EXPECT_FALSE(IsMetricName("a-b"));
  EXPECT_TRUE(IsLabelName("_model1"));
  EXPECT_FALSE(IsLabelName("a:b"));
  EXPECT_FALSE(IsLabelName("__name__"));
}

}  // namespace
}  // namespace trireme::metrics
