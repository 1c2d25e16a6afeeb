// SPDX-License-Identifier: Apache-2.0
#include "bench/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <sstream>
#include <string>

namespace trireme::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

LatencyHistogram Latencies(std::initializer_list<int> microseconds) {
  LatencyHistogram histogram;
  for (const int value : microseconds) histogram.Record(std::chrono::microseconds(value));
  return histogram;
}

Window MakeWindow(Duration length, int users, LatencyHistogram latency, uint64_t failures = 0) {
  Window window;
  window.length = length;
  window.users = users;
  window.responses = latency.count();
  window.first_response = latency;
  window.latency = std::move(latency);
  window.failures = failures;
  window.client_cpu = length / 4;
  window.server_cpu = milliseconds(1);
  return window;
}

RunContext Context() {
  return {.facts = {.command = "trireme bench",
                    .date = "2026-11-21T23:20:48Z",
                    .server_name = "triton",
                    .server_version = "2.1",
                    .client = "trireme 1",
                    .processor = "Some|CPU",
                    .processors = 2},
          .server_pid = 42};
}

// Two windows behind a warm-up, or stages, of a model.
Report Sample(bool stages) {
  BenchOptions options;
  options.url = "http://127.0.0.1:8000";
  options.connections = 2;
  if (stages) options.stages = *ParseStages("1@1s,2@1s");
  Workload workload;
  workload.models.resize(1);
  workload.models[0] = {.model = "a|b", .rows = 1, .inputs = "x FP32[1,2]"};
  workload.models[0].http.push_back({.bytes = "12345"});
  LoadResult load;
  load.windows = {MakeWindow(seconds(1), 1, Latencies({100, 200})),
                  MakeWindow(seconds(1), 2, Latencies({200, 200, 400, 3000}), 1)};
  load.windows[0].begin = seconds(stages ? 0 : 1);
  load.windows[1].begin = seconds(stages ? 1 : 2);
  load.models.resize(1);
  load.failures = {{"HTTP 503", {1, "the \"line\", is <full>"}}};
  load.moments = {{.begin = seconds(0),
                   .length = seconds(1),
                   .users = 1,
                   .count = 2,
                   .p50 = Duration(100'000),
                   .is_warm_up = !stages},
                  {.begin = seconds(1), .length = seconds(1), .users = 2, .count = 4, .failures = 1}};
  load.response_bytes = 6;
  return Summarize(options, workload, Context(), load);
}

TEST(ReportTest, TheTableIsForPeople) {
  EXPECT_EQ(Table(Sample(false)),
            "model         a|b: x FP32[1,2]\n"
            "load          binary, 2 connections, 5 bytes out, 6 in, 2 windows\n"
            "throughput    3.000 requests/s   (2.000 to 4.000)\n"
            "p50           0.200 ms\n"
            "p90           3.000 ms\n"
            "p95           3.000 ms\n"
            "p99           3.000 ms\n"
            "p99.9         3.000 ms\n"
            "slowest       3.000 ms\n"
            "server CPU    375.0 us a request   (250.0 to 500.0) of process 42\n"
            "client CPU    0.250 processors   (0.250 to 0.250)\n"
            "answered      6\n"
            "failed        1\n"
            "              HTTP 503: 1 time, first: the \"line\", is <full>\n");
}

// A server may be somebody else's.
TEST(ReportTest, HasNoControlCharactersOfAServer) {
  const std::string hostile =
      "a\x1b[2Jb\r\nc\xc2\x9b"
      "1m\x7f \xc3\xbc";
  Workload workload;
  workload.models = {{.model = hostile, .rows = 1, .inputs = hostile}};
  workload.models[0].http.push_back({.bytes = "12345"});
  LoadResult load;
  load.windows = {MakeWindow(seconds(1), 1, Latencies({100}))};
  load.failures = {{"HTTP 503", {1, hostile}}};
  load.early_end = EarlyEnd{.why = EarlyEnd::Why::kFailure, .users = 1, .at = seconds(1), .text = hostile};
  RunContext context;
  context.facts = {.command = hostile, .server_name = hostile, .server_version = hostile};
  const Report report = Summarize({}, workload, context, load);
  for (const ReportForm form : {ReportForm::kMarkdown, ReportForm::kCsv, ReportForm::kHtml, ReportForm::kJson}) {
    const std::string text = Write(report, form) + Table(report);
    for (const char* part : {"\x1b", "\r", "\x7f", "\x9b"}) EXPECT_THAT(text, Not(HasSubstr(part)));
    EXPECT_THAT(text, HasSubstr("a?[2Jb??c??1m? \xc3\xbc"));
  }
}

TEST(ReportTest, StagesHaveLinesOfTheirOwn) {
  EXPECT_THAT(Table(Sample(true)),
              AllOf(HasSubstr("2 stages, up to 2 users on 2 connections"),
                    HasSubstr("\nstage 2       2@1s: 2 users, 4.000 requests/s, p50 0.200 ms, p99 ")));
}

TEST(ReportTest, MarkdownHasATableForEachPart) {
  EXPECT_EQ(Markdown(Sample(true)),
            "# a\\|b\n\n"
            "- url: http://127.0.0.1:8000\n"
            "- inputs: x FP32\\[1,2\\]\n"
            "- load: 2 stages, up to 2 users on 2 connections\n"
            "- bytes: 5 out, 6 in\n"
            "- command: trireme bench\n"
            "- date: 2026-11-21T23:20:48Z\n"
            "- server: triton 2.1\n"
            "- client: trireme 1\n"
            "- machine: Some\\|CPU, 2 processors\n"
            "\n| | |\n| --- | ---: |\n"
            "| requests/s | 3.000 (2.000 to 4.000) |\n"
            "| p50 | 0.200 ms |\n| p90 | 3.000 ms |\n| p95 | 3.000 ms |\n| p99 | 3.000 ms |\n| p99.9 | 3.000 ms |\n"
            "| max | 3.000 ms |\n"
            "| server CPU | 375.0 us a request |\n"
            "| client CPU | 0.250 processors |\n"
            "| answered | 6 |\n| failed | 1 |\n"
            "\nTimes in milliseconds.\n"
            "\n| stage | users | requests/s | failed | p50 | p90 | p95 | p99 | p99.9 | max |\n"
            "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n"
            "| stage 1 (1@1s) | 1 | 2.000 | 0 | 0.100 | 0.200 | 0.200 | 0.200 | 0.200 | 0.200 |\n"
            "| stage 2 (2@1s) | 2 | 4.000 | 1 | 0.200 | 3.000 | 3.000 | 3.000 | 3.000 | 3.000 |\n"
            "\nFailures:\n\n"
            "- HTTP 503: 1 time, first: the \"line\", is \\<full\\>\n");
}

TEST(ReportTest, CsvHasALineForEachPart) {
  EXPECT_EQ(
      Csv(Sample(true)),
      "kind,name,begin_s,length_s,users,requests,failed,requests_per_s,p50_us,p90_us,p95_us,p99_us,p99.9_us,max_us,"
      "first_p50_us,first_p95_us,first_p99_us,text\n"
      "all,\"a|b\",0,2,2,6,1,3,200.192,3000,3000,3000,3000,3000,,,,\n"
      "stage,\"stage 1\",0,1,1,2,0,2,100.096,200,200,200,200,200,,,,\"1@1s\"\n"
      "stage,\"stage 2\",1,1,2,4,1,4,200.192,3000,3000,3000,3000,3000,,,,\"2@1s\"\n"
      "moment,\"\",0,1,1,2,0,2,100,,,0,,,,,,\n"
      "moment,\"\",1,1,2,4,1,4,0,,,0,,,,,,\n"
      "about,\"command\",,,,,,,,,,,,,,,,\"trireme bench\"\n"
      "about,\"date\",,,,,,,,,,,,,,,,\"2026-11-21T23:20:48Z\"\n"
      "about,\"server\",,,,,,,,,,,,,,,,\"triton 2.1\"\n"
      "about,\"client\",,,,,,,,,,,,,,,,\"trireme 1\"\n"
      "about,\"machine\",,,,,,,,,,,,,,,,\"Some|CPU, 2 processors\"\n");
}

TEST(ReportTest, CsvTellsTheWarmUpFromTheWindows) {
  EXPECT_THAT(Csv(Sample(false)), AllOf(HasSubstr("\nall,\"a|b\",1,2,"), HasSubstr("\nwindow,\"window 1\",1,1,"),
                                        HasSubstr("\nwindow,\"window 2\",2,1,"), HasSubstr("\nmoment,\"warm-up\",0,1,"),
                                        HasSubstr("\nmoment,\"\",1,1,")));
}

TEST(ReportTest, EveryLineOfACsvHasTheSameFields) {
  Report report = Sample(false);
  report.responses = 12;
  report.requests = report.failed = 0;
  report.models = {{.name = "m", .length = seconds(2), .latency = Latencies({100})}};
  const std::string csv = Csv(report);
  std::istringstream lines(csv);
  for (std::string line; std::getline(lines, line);) {
    // Commas within quotes are none of it.
    bool is_quoted = false;
    const auto commas = std::ranges::count_if(line, [&](char c) {
      if (c == '"') is_quoted = !is_quoted;
      return c == ',' && !is_quoted;
    });
    EXPECT_EQ(commas, 17) << line;
  }
  EXPECT_THAT(csv, HasSubstr("\nnote,\"\",,,,,,,,,,,,,,,,\"no answer came within the windows"));
}

TEST(ReportTest, JsonIsForPrograms) {
  const std::string json = Json(Sample(false));
  EXPECT_EQ(
      json.substr(0, json.find(",\"parts\"")),
      R"({"url":"http://127.0.0.1:8000","model":"a|b","version":"","inputs":"x FP32[1,2]",)"
      R"("command":"trireme bench","date":"2026-11-21T23:20:48Z","server":{"name":"triton","version":"2.1"},)"
      R"("client":"trireme 1","machine":{"processor":"Some|CPU","processors":2},"dialect":"kserve","form":"binary",)"
      R"("connections":2,"calls":1,"stream":false,"shared_memory":false,"rows":1,"request_bytes":5,)"
      R"("response_bytes":6,"windows":2,"requests":6,"responses":6,"failed":1,)"
      R"("failures":{"HTTP 503":{"count":1,"sample":"the \"line\", is <full>"}},"interrupted":false,"notes":[],)"
      R"("requests_per_second":{"median":3,"min":2,"max":4},"responses_per_second":3,)"
      R"("latency_us":{"p50":200.192,"p90":3000,"p95":3000,"p99":3000,"p99.9":3000,"max":3000},)"
      R"("p50_us":{"median":150.144,"min":100.096,"max":200.192},)"
      R"("server_cpu_us":{"median":375,"min":250,"max":500},"server_pid":42,)"
      R"("client_cores":{"median":0.25,"min":0.25,"max":0.25})");
  EXPECT_THAT(json,
              HasSubstr(R"("moments":[{"warm_up":true,"begin_seconds":0,"seconds":1,"users":1,"requests":2,"failed":0,)"
                        R"("p50_us":100,"p99_us":0},)"));
}

TEST(ReportTest, HtmlStandsAlone) {
  for (const bool stages : {false, true}) {
    const std::string html = Html(Sample(stages));
    EXPECT_THAT(html, AllOf(HasSubstr("<!DOCTYPE html>"), HasSubstr("<svg"), HasSubstr("prefers-color-scheme:dark"),
                            HasSubstr("is &lt;full&gt;"), Not(HasSubstr("<script")), Not(HasSubstr("src=")),
                            Not(HasSubstr("href=")), Not(HasSubstr("@import")), Not(HasSubstr("nan"))));
    EXPECT_EQ(html.find("Throughput of each stage") != std::string::npos, stages);
    EXPECT_EQ(html.find("stage 2 (2@1s)") != std::string::npos, stages);
    EXPECT_EQ(html.find("warm-up (not measured)") == std::string::npos, stages);
    EXPECT_THAT(html, AllOf(HasSubstr("<dd>trireme bench</dd>"), HasSubstr("<dd>triton 2.1</dd>"),
                            HasSubstr("<dd>Some|CPU, 2 processors</dd>")));
  }
}

TEST(ReportTest, SaysHowItEndedBeforeItsTime) {
  Report report = Sample(true);
  report.early_end = {.why = EarlyEnd::Why::kFailure, .users = 37, .at = seconds(3), .text = "HTTP 503: full"};
  EXPECT_THAT(Table(report),
              HasSubstr("note          stopped at the first failure, with 37 users after 3.000 s: HTTP 503: full\n"));
  EXPECT_THAT(Json(report),
              HasSubstr(R"("early_end":{"why":"failure","users":37,"seconds":3,"text":"HTTP 503: full"})"));
}

TEST(ReportTest, ModelsHaveLinesOfTheirOwn) {
  Report report = Sample(false);
  report.models = {{.name = "=a", .begin = seconds(1), .length = seconds(2), .failed = 3, .latency = Latencies({100})}};
  EXPECT_THAT(Table(report), HasSubstr("\n=a            0.500 requests/s, p50 0.100 ms"));
  EXPECT_THAT(Csv(report), HasSubstr("model,\"'=a\",1,2,0,1,3,0.5,"));
  EXPECT_THAT(Markdown(report), HasSubstr("| =a | 0.500 | 3 | 0.100 |"));
}

TEST(ReportTest, FailuresAreCountedOfEachModel) {
  Workload workload;
  workload.models = {{.model = "a"}, {.model = "b"}};
  LoadResult load;
  load.windows = {MakeWindow(seconds(1), 1, Latencies({100}), 2)};
  load.models = {{.latency = Latencies({100}), .failures = 0}, {.latency = {}, .failures = 2}};
  const Report report = Summarize({}, workload, {}, load);
  EXPECT_THAT(Table(report), HasSubstr("\nb             0.000 requests/s, p50 0.000 ms, p99 0.000 ms, 2 failed\n"));
  EXPECT_THAT(Markdown(report), AllOf(HasSubstr("| a | 1.000 | 0 |"), HasSubstr("| b | 0.000 | 2 |")));
  EXPECT_THAT(Csv(report), AllOf(HasSubstr("\nmodel,\"a\",0,1,0,1,0,"), HasSubstr("\nmodel,\"b\",0,1,0,0,2,")));
  EXPECT_THAT(Json(report), HasSubstr(R"({"name":"b","failed":2,)"));
  EXPECT_THAT(Html(report), HasSubstr("<tr><td>b</td><td>2</td><td>0</td>"));
}

TEST(ReportTest, SaysWhyThereIsNothing) {
  Workload workload;
  workload.models = {{.model = "a"}};
  LoadResult load;
  load.models.resize(1);
  load.windows = {MakeWindow(milliseconds(100), 1, {}), MakeWindow(milliseconds(100), 1, {})};
  BenchOptions options;
  options.windows = 2;
  options.window = milliseconds(100);
  const Report report = Summarize(options, workload, {}, load);
  const auto says = HasSubstr("no answer came within the windows (2 of 100 ms): use longer ones");
  EXPECT_THAT(Table(report), says);
  EXPECT_THAT(Json(report), says);
  EXPECT_THAT(Csv(report), says);
  EXPECT_THAT(Html(report), says);
  EXPECT_THAT(Markdown(report), says);
  options.stages = *ParseStages("1@100ms");
  EXPECT_THAT(Table(Summarize(options, workload, {}, load)), HasSubstr("no answer came within the stages"));
}

TEST(ReportTest, SeveralResponsesHaveAFirst) {
  Report report = Sample(false);
  EXPECT_THAT(Table(report), Not(HasSubstr("first  ")));
  report.responses = 30;
  report.first_response = report.parts[0].first_response = Latencies({50});
  EXPECT_THAT(Table(report),
              AllOf(HasSubstr("\nfirst         p50 0.050 ms, p95 0.050 ms, p99 0.050 ms   (until a request's first "
                              "response)\n"),
                    HasSubstr("\nresponses     30   (15.00 responses/s)\n")));
  EXPECT_THAT(Json(report), AllOf(HasSubstr(R"("first_response_us":{"p50":50,"p95":50,"p99":50})"),
                                  HasSubstr(R"("responses":30)"), HasSubstr(R"("responses_per_second":15)")));
  EXPECT_THAT(Csv(report), HasSubstr(",3000,3000,50,50,50,\n"));
  EXPECT_THAT(Markdown(report),
              AllOf(HasSubstr("| first response p95 | 0.050 ms |"), HasSubstr("| responses/s | 15.00 |")));
  EXPECT_THAT(Html(report), HasSubstr("<b>0.050 ms</b><span>first response p95</span>"));
}

// Six answers of 100 us to 3 ms, and a failure in the windows.
TEST(ReportTest, SaysWhetherAGoalWasKept) {
  Report report = Sample(false);
  EXPECT_EQ(report.Verdict(), "");
  EXPECT_TRUE(report.keeps_goal());
  report.options.goal = ServiceGoal{.quantile = 0.5, .latency = std::chrono::microseconds(300)};
  EXPECT_NEAR(report.InTime().value(), 4.0 / 7, 1e-9);
  EXPECT_TRUE(report.keeps_goal());
  EXPECT_THAT(report.Verdict(), testing::EndsWith("within p50=300us, 57.14 % in time"));
  report.options.goal->quantile = 0.9;
  EXPECT_FALSE(report.keeps_goal());
  EXPECT_THAT(Table(report), HasSubstr("misses p90=300us, 57.14 % in time\n"));
  EXPECT_THAT(Json(report), HasSubstr("\"slo\":\"p90=300us\",\"slo_kept\":false,\"in_time\":0.57"));
  for (const ReportForm form : {ReportForm::kMarkdown, ReportForm::kCsv, ReportForm::kHtml}) {
    EXPECT_THAT(Write(report, form), HasSubstr("misses p90=300us"));
  }
}

TEST(ReportTest, AGoalIsMissedWhereNothingWasAnswered) {
  Report report = Sample(false);
  report.parts.clear();
  report.latency = LatencyHistogram();
  report.options.goal = ServiceGoal{.quantile = 0.5, .latency = std::chrono::microseconds(300)};
  EXPECT_FALSE(report.keeps_goal());
  EXPECT_EQ(report.Verdict(), "misses p50=300us: nothing was answered");
}

}  // namespace
}  // namespace trireme::bench
