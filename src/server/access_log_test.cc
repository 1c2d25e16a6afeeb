// SPDX-License-Identifier: Apache-2.0
#include "server/access_log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <string>

#include "net/testing/recorded_grpc_answer.h"

namespace trireme {
namespace {

// What a log writes, read back when it is closed.
std::string Written(Logger::Form form, const std::function<void(AccessLogWriter&)>& use) {
  std::array<int, 2> ends{};
  EXPECT_EQ(pipe(ends.data()), 0);
  {
    AccessLogWriter log(ends[1], form);
    use(log);
  }
  close(ends[1]);
  std::array<char, 4096> text{};
  const ssize_t n = read(ends[0], text.data(), text.size());
  close(ends[0]);
  return {text.data(), static_cast<size_t>(std::max<ssize_t>(n, 0))};
}

std::string Written(const net::HttpRequest& request, const net::HttpResponse& response, Logger::Form form) {
  return Written(form, [&](AccessLogWriter& log) { log.Write(request, "web", response); });
}

net::HttpRequest Request(std::string_view path) {
  net::HttpRequest request;
  request.method = "POST";
  request.path = path;
  request.peer = "127.0.0.1:5000";
  request.headers = {{.name = "X-Request-Id", .value = "their-id"}};
  return request;
}

TEST(AccessLog, WritesALineWithStatusIdAndStages) {
  net::HttpResponse response{.status = 200, .body = "12345"};
  response.headers = {{"Server-Timing", "queue;dur=0.001"}};
  const std::string line = Written(Request("/v2/models/m/infer"), response, Logger::Form::kJson);
  for (const char* part : {R"("method":"POST")", R"("path":"/v2/models/m/infer")", R"("status":200)", R"("bytes":5)",
                           R"("request_id":"their-id")", R"("stages":"queue;dur=0.001")", R"("peer":"127.0.0.1:5000")",
                           R"("principal":"web")"}) {
    EXPECT_NE(line.find(part), std::string::npos) << part << " in " << line;
  }
  EXPECT_EQ(line.back(), '\n');
}

TEST(AccessLog, PrefersTheIdInTheBody) {
  net::HttpResponse response;
  response.headers = {{"X-Request-Id", "body-id"}};
  EXPECT_NE(Written(Request("/"), response, Logger::Form::kJson).find(R"("request_id":"body-id")"), std::string::npos);
}

TEST(AccessLog, KeepsOneLineWhateverTheClientSends) {
  for (const Logger::Form form : {Logger::Form::kJson, Logger::Form::kText}) {
    const std::string line = Written(Request("/a\nINFO forged\r"), {}, form);
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1) << line;
  }
}

TEST(AccessLog, ClipsWhatIsTooLong) {
  const std::string path(100'000, 'x');
  EXPECT_LT(Written(Request(path), {}, Logger::Form::kJson).size(), 2000U);
}

TEST(AccessLog, WritesALineAtTheEndOfAGrpcCall) {
  const auto answer = std::make_shared<net::RecordedGrpcAnswer>();  // shared with the reply
  const std::string line = Written(Logger::Form::kJson, [&](AccessLogWriter& log) {
    net::GrpcReply reply = log.Watch(Request("/s.S/Stream"), "web", net::GrpcReply(answer));
    reply.Send({.text = "123", .inserts = {}});
    reply.Send({.text = "45", .inserts = {}});
    reply.Finish({.code = net::GrpcCode::kNotFound, .message = "no model", .metadata = {}});
  });
  for (const char* part :
       {R"("method":"POST")", R"("path":"/s.S/Stream")", R"("grpc_status":"NOT_FOUND")", R"("bytes":5)",
        R"("request_id":"their-id")", R"("peer":"127.0.0.1:5000")", R"("principal":"web")"}) {
    EXPECT_NE(line.find(part), std::string::npos) << part << " in " << line;
  }
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1) << line;
  EXPECT_EQ(answer->messages.size(), 2U);
  EXPECT_EQ(answer->status->code, net::GrpcCode::kNotFound);
}

TEST(AccessLog, WritesALineOfACallThatNobodyAnswers) {
  const auto answer = std::make_shared<net::RecordedGrpcAnswer>();  // shared with the reply
  const std::string line = Written(Logger::Form::kJson, [&](AccessLogWriter& log) {
    const net::GrpcReply forgotten = log.Watch(Request("/s.S/Call"), "", net::GrpcReply(answer));
  });
  EXPECT_NE(line.find(R"("grpc_status":"INTERNAL")"), std::string::npos) << line;
  EXPECT_EQ(answer->finishes, 1);
}

TEST(AccessLog, WritesALineOfACallThatIsRefusedAtItsHead) {
  const std::string line = Written(Logger::Form::kJson, [&](AccessLogWriter& log) {
    log.Write(Request("/s.S/Call"), "", {.code = net::GrpcCode::kUnauthenticated, .message = {}, .metadata = {}});
  });
  EXPECT_NE(line.find(R"("grpc_status":"UNAUTHENTICATED")"), std::string::npos) << line;
}

}  // namespace
}  // namespace trireme
