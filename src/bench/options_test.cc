// SPDX-License-Identifier: Apache-2.0
#include "bench/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>

namespace trireme::bench {
namespace {

using testing::HasSubstr;

TEST(BenchOptionsTest, DefaultsAreFineOnceThereIsAUrl) {
  BenchOptions options;
  EXPECT_EQ(Check(options).code(), StatusCode::kInvalidArgument);
  options.url = "localhost:8000";
  EXPECT_TRUE(Check(options).ok());
}

TEST(BenchOptionsTest, NamesTheFlagThatIsOutOfRange) {
  const auto refusal = [](auto change) {
    BenchOptions options;
    options.url = "localhost";
    change(options);
    return Check(options).message();
  };
  EXPECT_THAT(refusal([](BenchOptions& o) { o.connections = 0; }),
              HasSubstr("--connections: expected 1 to 10000, got 0"));
  EXPECT_THAT(refusal([](BenchOptions& o) { o.rows = 0; }), HasSubstr("--rows"));
  EXPECT_THAT(refusal([](BenchOptions& o) { o.windows = 1'001; }), HasSubstr("--windows"));
  EXPECT_THAT(refusal([](BenchOptions& o) { o.window = std::chrono::milliseconds(0); }), HasSubstr("--window:"));
  EXPECT_THAT(refusal([](BenchOptions& o) { o.warm_up = std::chrono::milliseconds(-1); }), HasSubstr("--warm-up"));
  EXPECT_THAT(refusal([](BenchOptions& o) { o.timeout = std::chrono::hours(25); }), HasSubstr("--timeout"));
}

TEST(BenchOptionsTest, NamesFlagsThatDoNotGoTogether) {
  const auto refusal = [](const char* url, auto change) {
    BenchOptions options;
    options.url = url;
    change(options);
    return Check(options).message();
  };
  const char* http = "http://h";
  const char* grpc = "grpc://h";
  EXPECT_THAT(refusal(http, [](BenchOptions& o) { o.calls = 2; }), HasSubstr("--calls"));
  EXPECT_THAT(refusal(http, [](BenchOptions& o) { o.stream = true; }), HasSubstr("--stream"));
  EXPECT_THAT(refusal(grpc, [](BenchOptions& o) { o.form = Form::kJson; }), HasSubstr("--form json"));
  EXPECT_THAT(refusal(http, [](BenchOptions& o) { o.tls.verifies = false; }), HasSubstr("--insecure"));
  EXPECT_THAT(refusal(http, [](BenchOptions& o) { o.per_second = -1; }), HasSubstr("--rate"));
  EXPECT_THAT(refusal(http,
                      [](BenchOptions& o) {
                        o.per_second = 1;
                        o.stages = {{1, std::chrono::seconds(1), 0}};
                      }),
              HasSubstr("--rate and --stages"));
  EXPECT_THAT(refusal(grpc,
                      [](BenchOptions& o) {
                        o.connections = 10'000;
                        o.calls = 11;
                      }),
              HasSubstr("at most 100000"));
  EXPECT_THAT(refusal("http://:80", [](BenchOptions&) {}), HasSubstr("expected a host"));
}

TEST(BenchOptionsTest, ASearchSaysItselfHowMuchIsAsked) {
  const auto refusal = [](auto change) {
    BenchOptions options;
    options.url = "http://h";
    options.goodput = true;
    options.goal = ServiceGoal{.quantile = 0.99, .latency = std::chrono::milliseconds(100)};
    change(options);
    return Check(options).message();
  };
  EXPECT_EQ(refusal([](BenchOptions&) {}), "");
  EXPECT_THAT(refusal([](BenchOptions& o) { o.goal.reset(); }), HasSubstr("--slo p99=100ms"));
  EXPECT_EQ(refusal([](BenchOptions& o) { o.longest_try = std::chrono::milliseconds(399); }),
            "--longest-try: expected at least 400ms, 4 times as long as the goal p99=100ms, got 399ms");
  EXPECT_THAT(refusal([](BenchOptions& o) { o.per_second = 5; }), HasSubstr("--rate and --goodput"));
  EXPECT_THAT(refusal([](BenchOptions& o) { o.stages = {{1, std::chrono::seconds(1), 0}}; }), HasSubstr("--stages"));
  EXPECT_THAT(refusal([](BenchOptions& o) { o.window_requests = 5; }), HasSubstr("--window-requests"));
  EXPECT_THAT(refusal([](BenchOptions& o) { o.stops_on_failure = true; }), HasSubstr("--stop-on-failure"));
}

TEST(BenchOptionsTest, NamesWhatADialectDoesNotHave) {
  const auto refusal = [](const char* url, Dialect dialect, auto change) {
    BenchOptions options;
    options.url = url;
    options.dialect = dialect;
    change(options);
    return Check(options).message();
  };
  const auto nothing = [](BenchOptions&) {};
  EXPECT_EQ(refusal("http://h/gateway", Dialect::kTorchserve, nothing), "");
  EXPECT_EQ(refusal("grpc://h:7070", Dialect::kTorchserve, [](BenchOptions& o) { o.calls = 4; }), "");
  EXPECT_THAT(refusal("grpc://h", Dialect::kTorchserve, [](BenchOptions& o) { o.stream = true; }),
              HasSubstr("--stream"));
  EXPECT_THAT(
      refusal("http://h", Dialect::kTorchserve, [](BenchOptions& o) { o.shared_memory = SharedMemory::kSystem; }),
      HasSubstr("--shared-memory"));
  EXPECT_THAT(refusal("grpc://h", Dialect::kSagemaker, nothing), HasSubstr("HTTP alone"));
  EXPECT_THAT(refusal("http://h", Dialect::kSagemaker, [](BenchOptions& o) { o.version = "1"; }),
              HasSubstr("--model-version"));
  const auto typed = [](BenchOptions& o) {
    o.content_type = "image/jpeg";
    o.input_files = {"a"};
  };
  EXPECT_EQ(refusal("http://h", Dialect::kTorchserve, typed), "");
  EXPECT_THAT(refusal("http://h", Dialect::kKserve, typed), HasSubstr("--content-type"));
  EXPECT_THAT(refusal("grpc://h", Dialect::kTorchserve, typed), HasSubstr("--content-type"));
  EXPECT_THAT(refusal("http://h", Dialect::kSagemaker, [](BenchOptions& o) { o.content_type = "text/csv"; }),
              HasSubstr("--input"));
  EXPECT_THAT(refusal("http://h", Dialect::kSagemaker,
                      [](BenchOptions& o) {
                        o.content_type = "a\r\nb";
                        o.input_files = {"a"};
                      }),
              HasSubstr("visible ASCII"));
}

TEST(BenchOptionsTest, TheUrlIsTheServersAlone) {
  for (const char* url : {"http://h/predictions/resnet", "http://h/invocations", "http://h/models/m/invoke",
                          "http://h/v2/models/m/infer"}) {
    BenchOptions options;
    options.url = url;
    EXPECT_THAT(Check(options).message(), HasSubstr("--dialect")) << url;
  }
}

TEST(BenchOptionsTest, StagesSayHowManyConnectionsThereAre) {
  BenchOptions options;
  options.connections = 7;
  EXPECT_EQ(Connections(options), 7u);
  options.calls = 4;
  options.stages = {{9, std::chrono::seconds(1), 0}};
  EXPECT_EQ(Connections(options), 3u);
}

TEST(ReportFileTest, TheEndingSaysTheForm) {
  EXPECT_EQ(ParseReportFile("a/b.html")->form, ReportForm::kHtml);
  EXPECT_EQ(ParseReportFile("b.md")->form, ReportForm::kMarkdown);
  for (const char* text : {"", ".md", "b", "b.txt"}) EXPECT_FALSE(ParseReportFile(text).ok()) << text;
}

TEST(BenchOptionsTest, StagesEndAfterTheirTimeAlone) {
  BenchOptions options;
  options.url = "http://h";
  options.stages = *ParseStages("1@1s");
  EXPECT_TRUE(Check(options).ok());
  options.window_requests = 5;
  EXPECT_EQ(Check(options).message().find("--window-requests and --stages"), 0u);
}

TEST(ApiKeyTest, IsTheFilesFirstLineOrTheEnvironments) {
  BenchOptions options;
  options.api_key = "from-environment";
  EXPECT_EQ(*ReadApiKey(options), "from-environment");
  options.key_file = testing::TempDir() + "/bench_key";
  std::ofstream(options.key_file) << "from-file\r\nmore\n";
  EXPECT_EQ(*ReadApiKey(options), "from-file");
  std::ofstream(options.key_file) << "not a key\n";
  const Status status = ReadApiKey(options).status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message().find("not a key"), std::string::npos);
  std::ofstream(options.key_file) << std::string(4096, 'k');
  EXPECT_EQ(ReadApiKey(options)->size(), 4096U);
  std::ofstream(options.key_file) << std::string(4097, 'k');
  EXPECT_EQ(ReadApiKey(options).status().code(), StatusCode::kInvalidArgument);
  for (const char* no_file : {"/no/such/file", "/"}) {
    options.key_file = no_file;
    EXPECT_EQ(ReadApiKey(options).status().code(), StatusCode::kNotFound) << no_file;
  }
  options.key_file = "/dev/zero";  // which has no end
  EXPECT_EQ(ReadApiKey(options).status().code(), StatusCode::kInvalidArgument);
}

TEST(BenchOptionsTest, TheCapacityTestHasNoServerOfSomebodyElse) {
  BenchOptions options;
  options.capacity_models = {"a.onnx"};
  EXPECT_TRUE(Check(options).ok()) << Check(options);
  const auto refuses = [&](auto set) {
    BenchOptions wrong = options;
    set(wrong);
    return Check(wrong).code() == StatusCode::kInvalidArgument;
  };
  EXPECT_TRUE(refuses([](BenchOptions& wrong) { wrong.url = "http://127.0.0.1:8000"; }));
  EXPECT_TRUE(refuses([](BenchOptions& wrong) { wrong.dialect = Dialect::kTorchserve; }));
  EXPECT_TRUE(refuses([](BenchOptions& wrong) { wrong.models = {{.name = "a"}}; }));
  EXPECT_TRUE(refuses([](BenchOptions& wrong) { wrong.connections = 2; }));
  EXPECT_TRUE(refuses([](BenchOptions& wrong) { wrong.per_second = 1; }));
  EXPECT_TRUE(refuses([](BenchOptions& wrong) { wrong.stream = true; }));
  EXPECT_TRUE(refuses([](BenchOptions& wrong) { wrong.shared_memory = SharedMemory::kSystem; }));
  EXPECT_TRUE(refuses([](BenchOptions& wrong) { wrong.server_pid = 1; }));
  EXPECT_TRUE(refuses([](BenchOptions& wrong) { wrong.stages = *ParseStages("5@1s:1/s"); }));
}

TEST(ParseInputShapeTest, ReadsNameAndDimensions) {
  const auto shape = ParseInputShape("a=b=1,3,224,0");
  ASSERT_TRUE(shape.ok()) << shape.status();
  EXPECT_EQ(shape->input, "a=b");
  EXPECT_EQ(shape->shape, Shape({1, 3, 224, 0}));
  EXPECT_EQ(ParseInputShape("scalar=")->shape, Shape());
}

TEST(ParseInputShapeTest, RefusesWhatIsNoShape) {
  for (const char* text : {"", "x", "=1", "x=1,", "x=,1", "x=1;2", "x=-1", "x=1.5", "x=99999999999999999999",
                           "x=1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1"}) {
    EXPECT_EQ(ParseInputShape(text).status().code(), StatusCode::kInvalidArgument) << text;
  }
}

TEST(ParseFormTest, KnowsBothForms) {
  EXPECT_EQ(*ParseForm("json"), Form::kJson);
  EXPECT_EQ(*ParseForm("binary"), Form::kBinary);
  EXPECT_EQ(ParseForm("yaml").status().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace trireme::bench
