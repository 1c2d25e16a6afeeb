// SPDX-License-Identifier: Apache-2.0
#include "bench/bench.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <functional>
#include <sstream>

#include "client/testing/scripted_server.h"

namespace trireme::bench {
namespace {

using client::ScriptedServer;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// Answers everything a benchmark asks; infer requests as the test says.
std::string Answer(const std::string& request, const std::function<std::string()>& infer) {
  if (request.starts_with("POST /v2/repository/index")) {
    return ScriptedServer::Answer(R"([{"name":"add","version":"1","state":"READY"}])");
  }
  if (request.starts_with("GET /v2/models/add ")) {
    return ScriptedServer::Answer(
        R"({"name":"add","versions":["1"],"platform":"","inputs":[{"name":"x","datatype":"FP32","shape":[-1,2]}],)"
        R"("outputs":[{"name":"y","datatype":"FP32","shape":[-1,2]}]})");
  }
  if (request.starts_with("GET /v2 ")) return ScriptedServer::Answer(R"({"name":"scripted","version":"1.2"})");
  return infer();
}

struct Outcome {
  int exit_code;
  std::string out, err;
};

// Windows that end after some requests: it takes as long as this machine needs.
Outcome Bench(BenchOptions options, const std::function<std::string()>& infer) {
  const ScriptedServer server([&](const std::string& request) { return Answer(request, infer); });
  options.url = server.url();
  options.warm_up = std::chrono::milliseconds(5);
  if (options.window_requests == 0) options.window_requests = 4;
  options.windows = 3;
  std::ostringstream out, err;
  const int exit_code = RunBench(options, out, err);
  return {exit_code, out.str(), err.str()};
}

TEST(BenchTest, MeasuresTheOnlyModelOfAServer) {
  BenchOptions options;
  options.connections = 3;
  const Outcome outcome = Bench(options, [] { return ScriptedServer::Answer("{}"); });
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("add: x FP32[1,2]"), HasSubstr("3 connections"), HasSubstr("3 windows"),
                    HasSubstr("throughput"), HasSubstr("p99.9"), HasSubstr("of process " + std::to_string(getpid()))));
}

TEST(BenchTest, SpeaksJsonToPrograms) {
  BenchOptions options;
  options.json = true;
  options.form = Form::kJson;
  const Outcome outcome = Bench(options, [] { return ScriptedServer::Answer("{}"); });
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(StartsWith("{\"url\":"), HasSubstr("\"form\":\"json\""), HasSubstr("\"windows\":3,"),
                                 HasSubstr("\"latency_us\":{\"p50\":"), HasSubstr("\"server_cpu_us\":{\"median\":")));
}

TEST(BenchTest, FailsWhenRequestsDo) {
  const Outcome outcome =
      Bench({}, [] { return ScriptedServer::Answer(R"({"error":"the line is full"})", "429 Too Many Requests"); });
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("HTTP 429: "), HasSubstr("first: the line is full"), Not(HasSubstr("status"))));
}

TEST(BenchTest, GoesOnWhenConnectionsAreCut) {
  std::atomic<int> count = 0;
  const Outcome outcome = Bench({}, [&]() -> std::string { return ++count == 1 ? "" : ScriptedServer::Answer("{}"); });
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("unavailable: 1 time, first: the server closed the connection"),
                                 HasSubstr("throughput")));
}

TEST(BenchTest, OpensANewConnectionWhereTheServerKeepsNone) {
  const Outcome outcome = Bench({}, [] { return ScriptedServer::Answer("{}", "200 OK", "Connection: close\r\n"); });
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out;
}

TEST(BenchTest, AnAnswerThatDoesNotComeIsAFailure) {
  BenchOptions options;
  options.timeout = std::chrono::milliseconds(25);
  options.window_requests = 1;
  const Outcome outcome = Bench(options, [] { return "HTTP/1.1 200 OK\r\n"; });
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("no answer within 25 ms"));
}

TEST(BenchTest, SaysThatNoAnswerCameWithinTheWindows) {
  const ScriptedServer server(
      [](const std::string& request) { return Answer(request, [] { return "HTTP/1.1 200 OK\r\n"; }); });
  BenchOptions options;
  options.url = server.url();
  options.warm_up = std::chrono::milliseconds(0);
  options.windows = 2;
  options.window = std::chrono::milliseconds(10);
  std::ostringstream out, err;
  EXPECT_EQ(RunBench(options, out, err), 1);
  EXPECT_THAT(out.str(), AllOf(HasSubstr("answered      0\nfailed        0\n"),
                               HasSubstr("note          no answer came within the windows (2 of 10 ms)")));
}

// Keeps SIGINT from this thread and from those it starts: RunBench looks for it itself.
class WithoutInterrupts {
 public:
  WithoutInterrupts() {
    sigset_t interrupt;
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    pthread_sigmask(SIG_BLOCK, &interrupt, &before_);
  }
  ~WithoutInterrupts() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

TEST(BenchTest, ShowsWhatItHasWhenInterrupted) {
  const WithoutInterrupts block;
  std::atomic<int> count = 0;
  const ScriptedServer server([&](const std::string& request) {
    return Answer(request, [&] {
      if (++count == 100) kill(getpid(), SIGINT);
      return ScriptedServer::Answer("{}");
    });
  });
  BenchOptions options;
  options.url = server.url();
  options.warm_up = std::chrono::milliseconds(0);
  options.window = std::chrono::hours(1);
  std::ostringstream out, err;
  EXPECT_EQ(RunBench(options, out, err), 0) << err.str();
  EXPECT_THAT(out.str(), AllOf(HasSubstr("1 window (interrupted)"), HasSubstr("throughput")));
}

TEST(BenchTest, AnInputThatIsNoRequestIsSaid) {
  for (const auto& [file, problem] : {std::pair("/no/such/file", "cannot read"), std::pair("/", "cannot read"),
                                      std::pair("/dev/null", "expected an object")}) {
    BenchOptions options;
    options.input_files = {file};
    const Outcome outcome = Bench(options, [] { return ScriptedServer::Answer("{}"); });
    EXPECT_EQ(outcome.exit_code, 1) << file;
    EXPECT_THAT(outcome.err, HasSubstr(problem)) << file;
  }
}

// A server that speaks TorchServe's or SageMaker's protocol, and nothing of V2.
Outcome BenchPlainServer(BenchOptions options, const ScriptedServer::Script& script) {
  const ScriptedServer server(script);
  options.url = server.url();
  options.warm_up = std::chrono::milliseconds(0);
  options.window_requests = 6;
  options.windows = 1;
  std::ostringstream out, err;
  const int exit_code = RunBench(options, out, err);
  return {exit_code, out.str(), err.str()};
}

std::string FileWith(const std::string& name, const std::string& bytes) {
  std::string path = testing::TempDir() + "/" + name;
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

TEST(BenchTest, SendsTorchserveFilesInTurn) {
  BenchOptions options;
  options.dialect = Dialect::kTorchserve;
  options.models = {{.name = "resnet"}};
  options.version = "2.0";
  options.input_files = {FileWith("bench_a.jpg", "\xFF\xD8\xFF a"), FileWith("bench_b.json", "[1]")};
  std::atomic<int> pictures = 0, arrays = 0, others = 0;
  const Outcome outcome = BenchPlainServer(options, [&](const std::string& request) {
    if (!request.starts_with("POST /predictions/resnet/2.0 HTTP/1.1\r\n"))
      return ScriptedServer::Answer("{}", "404 No");
    const bool is_picture = request.find("Content-Type: image/jpeg\r\n") != std::string::npos;
    const bool is_json = request.find("Content-Type: application/json\r\n") != std::string::npos;
    ++(is_picture && request.ends_with("\xFF\xD8\xFF a") ? pictures : is_json ? arrays : others);
    return ScriptedServer::Answer("[]");
  });
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err << outcome.out;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("resnet version 2.0: bench_a.jpg, bench_b.json\n"),
                                 HasSubstr("image/jpeg+application/json, 1 connection, torchserve, ")));
  EXPECT_GE(pictures, 3);
  EXPECT_GE(arrays, 3);
  EXPECT_EQ(others, 0);
}

TEST(BenchTest, ShowsTheMessageOfTorchservesErrors) {
  BenchOptions options;
  options.dialect = Dialect::kTorchserve;
  options.models = {{.name = "m"}};
  options.input_files = {FileWith("bench_c.json", "[1]")};
  const Outcome outcome = BenchPlainServer(options, [](const std::string&) {
    return ScriptedServer::Answer(R"({"code": 503, "type": "ServiceUnavailableException", "message": "no worker"})",
                                  "503 Service Unavailable");
  });
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("HTTP 503: 6 times, first: no worker\n"));
}

TEST(BenchTest, AsksOnceBeforeItLoadsAServerWithWhatItRefuses) {
  BenchOptions options;
  options.dialect = Dialect::kTorchserve;
  options.models = {{.name = "unknown"}};
  options.input_files = {FileWith("bench_once.json", "[1]")};
  std::atomic<int> asked = 0;
  const auto script = [&](const std::string& request) {
    if (request.starts_with("POST /predictions/unknown")) ++asked;
    return ScriptedServer::Answer(R"({"code": 404, "type": "ModelNotFoundException", "message": "Model not found"})",
                                  "404 Not Found");
  };
  const Outcome outcome = BenchPlainServer(options, script);
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err,
              HasSubstr("model \"unknown\", asked once before the load: HTTP status 404: Model not found"));
  EXPECT_EQ(asked, 1);
  options.stops_on_failure = true;
  EXPECT_THAT(BenchPlainServer(options, script).out, HasSubstr("HTTP 404: 1 time"));
}

TEST(BenchTest, RefusalsOfTheMomentAreForTheLoadToFind) {
  BenchOptions options;
  options.dialect = Dialect::kTorchserve;
  options.models = {{.name = "m"}};
  options.input_files = {FileWith("bench_busy.json", "[1]")};
  std::atomic<int> asked = 0;
  const Outcome outcome = BenchPlainServer(options, [&](const std::string& request) {
    const bool is_first = request.starts_with("POST ") && asked++ == 0;
    return is_first ? ScriptedServer::Answer("{}", "429 Too Many Requests") : ScriptedServer::Answer("3");
  });
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
}

TEST(BenchTest, NamesTheDialectThatAServerAnswersIn) {
  const auto asking = [](const std::string& answer) {
    return BenchPlainServer({}, [&](const std::string&) { return ScriptedServer::Answer(answer, "404 Not Found"); })
        .err;
  };
  EXPECT_THAT(asking(R"({"code": 404, "type": "ResourceNotFoundException",
                         "message": "Requested resource is not found, please refer to API document."})"),
              HasSubstr("--dialect torchserve"));
  EXPECT_THAT(asking(R"({"error": "Malformed request: POST /v2/repository/index"})"), HasSubstr("--dialect tfserving"));
  EXPECT_THAT(asking(R"({"error": "no such path"})"), Not(HasSubstr("--dialect")));
}

TEST(BenchTest, AsksSagemakersDefaultModel) {
  BenchOptions options;
  options.dialect = Dialect::kSagemaker;
  options.input_files = {FileWith("bench_d.csv", "1,2")};
  std::atomic<int> others = 0;
  const Outcome outcome = BenchPlainServer(options, [&](const std::string& request) {
    if (!request.starts_with("POST /invocations HTTP/1.1\r\n") && !request.starts_with("GET /v2 ")) ++others;
    return ScriptedServer::Answer("3");
  });
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr("/invocations: bench_d.csv\n"));
  EXPECT_EQ(others, 0);
}

TEST(BenchTest, AsksForAFileWhereNobodySaysWhatAModelTakes) {
  for (const Dialect dialect : {Dialect::kTorchserve, Dialect::kSagemaker}) {
    BenchOptions options;
    options.dialect = dialect;
    options.models = {{.name = "m"}};
    const auto script = [](const std::string&) { return ScriptedServer::Answer("{}", "404 Not Found"); };
    Outcome outcome = BenchPlainServer(options, script);
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_THAT(outcome.err, HasSubstr("--input: expected a file to send"));
    options.models.clear();
    outcome = BenchPlainServer(options, script);
    EXPECT_THAT(outcome.err, HasSubstr(dialect == Dialect::kTorchserve ? "--model: expected" : "--input: expected"));
  }
}

TEST(BenchTest, NamesTheModelsToChooseFrom) {
  BenchOptions options;
  options.dialect = Dialect::kSagemaker;
  const Outcome outcome = BenchPlainServer(options, [](const std::string& request) {
    if (!request.starts_with("POST /v2/repository/index ")) return ScriptedServer::Answer("{}", "404 Not Found");
    return ScriptedServer::Answer(R"([{"name":"a","version":"1","state":"READY"},{"name":"b","state":"READY"}])");
  });
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("the server has several models, choose one with --model: a b"));
  EXPECT_THAT(outcome.err, Not(HasSubstr("--input")));
}

TEST(BenchTest, RepeatsNoControlCharactersOfAServer) {
  const ScriptedServer server([](const std::string&) { return ScriptedServer::Answer("\x1b[2J", "500 No"); });
  BenchOptions options;
  options.url = server.url();
  std::ostringstream out, err;
  EXPECT_EQ(RunBench(options, out, err), 1);
  EXPECT_THAT(err.str(), AllOf(StartsWith("trireme: "), HasSubstr("500: ?[2J"), Not(HasSubstr("\x1b"))));
}

TEST(BenchTest, SaysWhatIsWrongBeforeItBegins) {
  std::ostringstream out, err;
  EXPECT_EQ(RunBench({}, out, err), 2);
  EXPECT_THAT(err.str(), StartsWith("trireme: expected the URL"));
  BenchOptions options;
  options.url = "http://127.0.0.1:" + std::to_string(client::UnusedPort());
  EXPECT_EQ(RunBench(options, out, err), 1);
  EXPECT_THAT(err.str(), HasSubstr("refused"));
}

}  // namespace
}  // namespace trireme::bench
