// SPDX-License-Identifier: Apache-2.0
#include "bench/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

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
  window.latency = std::move(latency);
  window.failures = failures;
  window.client_cpu = length / 4;
  window.server_cpu = milliseconds(1);
  return window;
}

// Two windows, or stages, of a model.
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
  load.models.resize(1);
  load.failures = {{"HTTP 503", {1, "the \"line\", is <full>"}}};
  load.moments = {{.begin = seconds(0), .length = seconds(1), .users = 1, .count = 2, .p50 = Duration(100'000)},
                  {.begin = seconds(1), .length = seconds(1), .users = 2, .count = 4, .failures = 1}};
  load.response_bytes = 6;
  return Summarize(options, workload, 42, load);
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
            "              HTTP 503: 1 times, first: the \"line\", is <full>\n");
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
  const Report report = Summarize({}, workload, 42, load);
  for (const ReportForm form : {ReportForm::kMarkdown, ReportForm::kCsv, ReportForm::kHtml, ReportForm::kJson}) {
    const std::string text = Write(report, form) + Table(report);
    for (const char* part : {"\x1b", "\r", "\x7f", "\x9b"}) EXPECT_THAT(text, Not(HasSubstr(part)));
    EXPECT_THAT(text, HasSubstr("a?[2Jb??c??1m? \xc3\xbc"));
  }
}

TEST(ReportTest, StagesHaveLinesOfTheirOwn) {
  EXPECT_THAT(Table(Sample(true)), AllOf(HasSubstr("2 stages, up to 2 users on 2 connections"),
                                         HasSubstr("\nstage 2       2 users, 4.000 requests/s, p50 0.200 ms, p99 ")));
}

TEST(ReportTest, MarkdownHasATableForEachPart) {
  EXPECT_EQ(Markdown(Sample(true)),
            "# a\\|b\n\n"
            "- server: http://127.0.0.1:8000\n"
            "- inputs: x FP32\\[1,2\\]\n"
            "- load: 2 stages, up to 2 users on 2 connections\n"
            "- bytes: 5 out, 6 in\n"
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
            "| stage 1 | 1 | 2.000 | 0 | 0.100 | 0.200 | 0.200 | 0.200 | 0.200 | 0.200 |\n"
            "| stage 2 | 2 | 4.000 | 1 | 0.200 | 3.000 | 3.000 | 3.000 | 3.000 | 3.000 |\n"
            "\nFailures:\n\n"
            "- HTTP 503: 1 times, first: the \"line\", is \\<full\\>\n");
}

TEST(ReportTest, CsvHasALineForEachPart) {
  EXPECT_EQ(
      Csv(Sample(true)),
      "kind,name,begin_s,length_s,users,requests,failed,requests_per_s,p50_us,p90_us,p95_us,p99_us,p99.9_us,max_us\n"
      "all,\"a|b\",0,2,2,6,1,3,200.192,3000,3000,3000,3000,3000\n"
      "stage,\"stage 1\",0,1,1,2,0,2,100.096,200,200,200,200,200\n"
      "stage,\"stage 2\",1,1,2,4,1,4,200.192,3000,3000,3000,3000,3000\n"
      "moment,\"\",0,1,1,2,0,2,100,,,0,,\n"
      "moment,\"\",1,1,2,4,1,4,0,,,0,,\n");
}

TEST(ReportTest, JsonIsForPrograms) {
  const std::string json = Json(Sample(false));
  EXPECT_EQ(json.substr(0, json.find(",\"parts\"")),
            R"({"url":"http://127.0.0.1:8000","model":"a|b","version":"","inputs":"x FP32[1,2]","form":"binary",)"
            R"("connections":2,"calls":1,"stream":false,"shared_memory":false,"rows":1,"request_bytes":5,)"
            R"("response_bytes":6,"windows":2,"requests":6,"responses":6,"failed":1,)"
            R"("failures":{"HTTP 503":{"count":1,"sample":"the \"line\", is <full>"}},"interrupted":false,)"
            R"("requests_per_second":{"median":3,"min":2,"max":4},)"
            R"("latency_us":{"p50":200.192,"p90":3000,"p95":3000,"p99":3000,"p99.9":3000,"max":3000},)"
            R"("p50_us":{"median":150.144,"min":100.096,"max":200.192},)"
            R"("server_cpu_us":{"median":375,"min":250,"max":500},"server_pid":42,)"
            R"("client_cores":{"median":0.25,"min":0.25,"max":0.25})");
  EXPECT_THAT(json, HasSubstr(R"("moments":[{"begin_seconds":0,"seconds":1,"users":1,"requests":2,"failed":0,)"
                              R"("p50_us":100,"p99_us":0},)"));
}

TEST(ReportTest, HtmlStandsAlone) {
  for (const bool stages : {false, true}) {
    const std::string html = Html(Sample(stages));
    EXPECT_THAT(html, AllOf(HasSubstr("<!DOCTYPE html>"), HasSubstr("<svg"), HasSubstr("prefers-color-scheme:dark"),
                            HasSubstr("is &lt;full&gt;"), Not(HasSubstr("<script")), Not(HasSubstr("src=")),
                            Not(HasSubstr("href=")), Not(HasSubstr("@import")), Not(HasSubstr("nan"))));
    EXPECT_EQ(html.find("Throughput of each stage") != std::string::npos, stages);
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
  report.models = {{.name = "=a", .length = seconds(2), .latency = Latencies({100})}};
  EXPECT_THAT(Table(report), HasSubstr("\n=a            0.500 requests/s, p50 0.100 ms"));
  EXPECT_THAT(Csv(report), HasSubstr("model,\"'=a\",0,2,0,1,0,0.5,"));
  EXPECT_THAT(Markdown(report), HasSubstr("| =a | 0.500 |  | 0.100 |"));
}

}  // namespace
}  // namespace trireme::bench
