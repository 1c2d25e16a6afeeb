// SPDX-License-Identifier: Apache-2.0
// The whole of `trireme bench` over gRPC.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <functional>
#include <iterator>
#include <span>
#include <sstream>
#include <string>

#include "base/memory_pool.h"
#include "bench/bench.h"
#include "client/testing/grpc_server.h"
#include "codec/proto_wire.h"
#include "wire/kserve/infer_proto.h"
#include "wire/torchserve/grpc_messages.h"

namespace trireme::bench {
namespace {

using client::GrpcEnd;
using client::ScriptedGrpcServer;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using Answer = ScriptedGrpcServer::Answer;
using Message = ScriptedGrpcServer::Message;

// A ModelMetadataResponse: one FP32 input [-1,2].
std::string Metadata() {
  std::string shape, input, metadata;
  ProtoWriter::AppendVarint(shape, static_cast<uint64_t>(-1));
  ProtoWriter::AppendVarint(shape, 2);
  ProtoWriter(input).Bytes(1, "x");
  ProtoWriter(input).Bytes(2, "FP32");
  ProtoWriter(input).Bytes(3, shape);
  ProtoWriter(metadata).Bytes(1, "add");
  ProtoWriter(metadata).Bytes(4, input);
  return metadata;
}

std::string Index() {
  std::string model, index;
  ProtoWriter(model).Bytes(1, "add");
  ProtoWriter(model).Bytes(3, "READY");
  ProtoWriter(index).Bytes(1, model);
  return index;
}

// A ServerMetadataResponse.
std::string Server() {
  std::string server;
  ProtoWriter(server).Bytes(1, "scripted");
  ProtoWriter(server).Bytes(2, "1.2");
  return server;
}

kserve::GrpcInferRequest Decode(const std::string& bytes, MemoryPool& pool) {
  auto request = kserve::DecodeGrpcInferRequest(std::as_bytes(std::span(bytes)), nullptr, pool);
  EXPECT_TRUE(request.ok()) << request.status();
  return request.ok() ? *std::move(request) : kserve::GrpcInferRequest();
}

// Says in a stream what a model says that gives `count` responses to each request; the last says that it is, or an
// empty message behind it.
std::vector<std::string> StreamAnswers(const std::string& bytes, int count, bool has_empty_end = false) {
  MemoryPool pool;
  const kserve::GrpcInferRequest request = Decode(bytes, pool);
  std::vector<std::string> answers;
  const int messages = count + (has_empty_end ? 1 : 0);
  for (int i = 1; i <= messages; ++i) {
    InferResponse response;
    if (i <= count) response.outputs = request.message.inputs;
    auto encoded =
        kserve::EncodeGrpcInferResponse(response, {.id = request.message.form.id, .final_response = i == messages});
    answers.push_back(kserve::WrapInStreamResponse(*std::move(encoded)).Joined());
  }
  return answers;
}

// Answers what a benchmark asks before it begins; the rest as the test says.
Answer AnswerAll(const Message& message, const std::function<Answer(const Message&)>& infer) {
  if (message.path.ends_with("/RepositoryIndex")) return {.messages = {Index()}};
  if (message.path.ends_with("/ModelMetadata")) return {.messages = {Metadata()}};
  if (message.path.ends_with("/ServerMetadata")) return {.messages = {Server()}};
  return infer(message);
}

struct Outcome {
  int exit_code;
  std::string out, err;
};

// Windows that end after some requests: it takes as long as this machine needs.
Outcome Bench(BenchOptions options, const std::function<Answer(const Message&)>& infer) {
  const ScriptedGrpcServer server([&](const Message& message) { return AnswerAll(message, infer); });
  options.url = server.url();
  options.warm_up = std::chrono::milliseconds(5);
  options.windows = 2;
  options.window_requests = 10;
  std::ostringstream out, err;
  const int exit_code = RunBench(options, out, err);
  return {exit_code, out.str(), err.str()};
}

TEST(GrpcBenchTest, MeasuresTheOnlyModelOfAServer) {
  BenchOptions options;
  options.connections = 2;
  options.calls = 4;
  std::atomic<int> requests = 0;
  const Outcome outcome = Bench(options, [&](const Message& message) {
    MemoryPool pool;
    const auto request = Decode(message.bytes, pool);
    EXPECT_EQ(request.model_name, "add");
    EXPECT_EQ(request.message.inputs.size(), 1u);
    EXPECT_EQ(message.headers.at("grpc-timeout"), "30000m");
    ++requests;
    return Answer{.messages = {"answer"}};
  });
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err << outcome.out;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("add: x FP32[1,2]"), HasSubstr("2 connections x 4 calls"),
                                 HasSubstr("throughput"), HasSubstr("failed        0\n")));
  EXPECT_GT(requests, 8);
}

TEST(GrpcBenchTest, SendsTorchservesPredictions) {
  BenchOptions options;
  options.dialect = Dialect::kTorchserve;
  options.calls = 3;
  options.models = {{.name = "resnet"}};
  const std::string file = testing::TempDir() + "/grpc_bench_body";
  std::ofstream(file) << "body";
  options.input_files = {file};
  std::atomic<int> others = 0;
  const Outcome outcome = Bench(options, [&](const Message& message) {
    const auto request = torchserve::DecodePredictionsRequest(std::as_bytes(std::span(message.bytes)));
    const bool is_right = message.path == "/org.pytorch.serve.grpc.inference.InferenceAPIsService/Predictions" &&
                          request.ok() && request->model_name == "resnet" && request->inputs.size() == 1 &&
                          request->inputs[0].bytes.size() == 4;
    if (!is_right) ++others;
    return Answer{.messages = {"answer"}};
  });
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr("1 connection x 3 calls, torchserve"));
  EXPECT_EQ(others, 0);
}

TEST(GrpcBenchTest, SendsTheKeyThatItWasGiven) {
  BenchOptions options;
  options.api_key = "secret";
  options.models = {{.name = "add"}};
  std::atomic<int> without = 0;
  const Outcome outcome = Bench(options, [&](const Message& message) {
    if (message.headers.count("authorization") == 0 || message.headers.at("authorization") != "Bearer secret")
      ++without;
    return Answer{.messages = {"answer"}};
  });
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err << outcome.out;
  EXPECT_EQ(without, 0);
  EXPECT_EQ((outcome.out + outcome.err).find("secret"), std::string::npos);
}

TEST(GrpcBenchTest, CarriesRequestsOnAStream) {
  BenchOptions options;
  options.stream = true;
  options.calls = 3;
  options.models = {{.name = "add"}};
  std::atomic<int> streams = 0;
  const Outcome outcome = Bench(options, [&](const Message& message) {
    streams = std::max(streams.load(), message.stream);
    return Answer{.messages = StreamAnswers(message.bytes, 2)};
  });
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err << outcome.out;
  EXPECT_EQ(streams, 1);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("1 connection x 3 calls, streams"), HasSubstr("\nresponses ")));
}

TEST(GrpcBenchTest, TheMessageThatOnlyEndsARequestIsNoResponse) {
  BenchOptions options;
  options.stream = true;
  options.json = true;
  options.models = {{.name = "add"}};
  const Outcome outcome = Bench(options, [&](const Message& message) {
    return Answer{.messages = StreamAnswers(message.bytes, 5, /*has_empty_end=*/true)};
  });
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err << outcome.out;
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("\"requests\":20,\"responses\":100,"), HasSubstr("\"first_response_us\":{\"p50\":")));
}

TEST(GrpcBenchTest, ARequestMayHaveNoResponse) {
  BenchOptions options;
  options.stream = true;
  options.models = {{.name = "add"}};
  const Outcome outcome = Bench(options, [&](const Message& message) {
    return Answer{.messages = StreamAnswers(message.bytes, 0, /*has_empty_end=*/true)};
  });
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err << outcome.out;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("\nanswered      20\n"), HasSubstr("\nresponses     0 ")));
}

TEST(GrpcBenchTest, TellsWhatCallsEndedWith) {
  const Outcome outcome = Bench({}, [](const Message&) {
    return Answer{.end = GrpcEnd{net::GrpcCode::kResourceExhausted, "the line is full"}};
  });
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("gRPC RESOURCE_EXHAUSTED: "));
  EXPECT_THAT(outcome.out, HasSubstr("first: the line is full"));
}

TEST(GrpcBenchTest, AStreamThatEndsIsAFailureOfItsRequests) {
  BenchOptions options;
  options.stream = true;
  options.calls = 2;
  options.stops_on_failure = true;
  options.models = {{.name = "add"}};
  const Outcome outcome = Bench(options, [](const Message&) { return Answer{.end = GrpcEnd()}; });
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("stream ended: "), HasSubstr("stopped at the first failure, with 2 users")));
}

TEST(GrpcBenchTest, ATimeOutEndsTheCallAlone) {
  BenchOptions options;
  options.calls = 2;
  options.timeout = std::chrono::milliseconds(40);
  options.models = {{.name = "add"}};
  std::atomic<int> count = 0;
  const Outcome outcome = Bench(options, [&](const Message&) {
    return ++count % 5 == 1 ? Answer{.hangs = true} : Answer{.messages = {"answer"}};
  });
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("deadline exceeded: "), HasSubstr("first: no answer within 40 ms"),
                                 Not(HasSubstr("unavailable: ")), Not(HasSubstr("cancelled: "))));
}

TEST(GrpcBenchTest, AServerThatGoesAwayIsConnectedToAnew) {
  BenchOptions options;
  options.calls = 2;
  options.models = {{.name = "add"}};
  std::atomic<int> count = 0;
  std::atomic<int> connections = 0;
  const Outcome outcome = Bench(options, [&](const Message& message) {
    connections = std::max(connections.load(), message.connection);
    return Answer{.messages = {"answer"}, .goes_away = ++count == 5};
  });
  EXPECT_THAT(outcome.out, HasSubstr("throughput"));
  EXPECT_GT(connections, 1);
}

TEST(GrpcBenchTest, WritesTheReportsItWasAskedFor) {
  const std::string folder = testing::TempDir();
  BenchOptions options;
  options.models = {{.name = "add"}};
  options.per_second = 500;
  for (const char* suffix : {"md", "csv", "json", "html"}) {
    options.reports.push_back(*ParseReportFile(folder + "/bench_report." + suffix));
  }
  const Outcome outcome = Bench(options, [](const Message&) { return Answer{.messages = {"answer"}}; });
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err << outcome.out;
  const auto beginning = [](const std::string& path) {
    std::ifstream in(path);
    std::string line;
    std::getline(in, line);
    return line.substr(0, 8);
  };
  EXPECT_EQ(beginning(options.reports[0].path), "# add");
  EXPECT_EQ(beginning(options.reports[1].path), "kind,nam");
  EXPECT_EQ(beginning(options.reports[2].path), "{\"url\":\"");
  EXPECT_EQ(beginning(options.reports[3].path), "<!DOCTYP");
  for (const ReportFile& file : options.reports) {
    std::ifstream in(file.path);
    const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    EXPECT_THAT(text, AllOf(HasSubstr("scripted"), HasSubstr("1.2"), HasSubstr("20"), HasSubstr("trireme")));
  }
}

TEST(GrpcBenchTest, AReportThatCannotBeWrittenIsSaidBeforeTheLoad) {
  BenchOptions options;
  options.url = "grpc://127.0.0.1:1";
  options.reports.push_back(*ParseReportFile("/no/such/folder/report.md"));
  std::ostringstream out, err;
  EXPECT_EQ(RunBench(options, out, err), 2);
  EXPECT_THAT(err.str(), HasSubstr("--report: cannot write \"/no/such/folder/report.md\""));
}

}  // namespace
}  // namespace trireme::bench
