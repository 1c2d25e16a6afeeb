// SPDX-License-Identifier: Apache-2.0
#include "client/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/testing/scripted_server.h"

namespace trireme::client {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Result<HttpAnswer> Get(const ScriptedServer& server, std::chrono::milliseconds timeout = std::chrono::seconds(20)) {
  return Call({.url = *ParseUrl(server.url() + "/path?q"), .timeout = timeout});
}

TEST(HttpClientTest, SendsWhatWasAskedAndReturnsTheAnswer) {
  std::string seen;
  ScriptedServer server([&](const std::string& request) {
    seen = request;
    return ScriptedServer::Answer("hello", "404 Not Found", "X-Y: z\r\n");
  });
  const std::vector<std::string_view> rest = {"b", "cd"};
  const Result<HttpAnswer> answer = Call({.method = "POST",
                                          .url = *ParseUrl(server.url() + "/path?q"),
                                          .headers = {{"X-A", "1"}},
                                          .body_begin = "a",
                                          .body_rest = rest});
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->status, 404);
  EXPECT_EQ(answer->body, "hello");
  EXPECT_EQ(answer->Find("x-y"), "z");
  EXPECT_EQ(answer->Find("x-z"), std::nullopt);
  EXPECT_THAT(seen, AllOf(StartsWith("POST /path?q HTTP/1.1\r\nHost: 127.0.0.1:"), HasSubstr("\r\nX-A: 1\r\n"),
                          HasSubstr("\r\nContent-Length: 4\r\n"), EndsWith("\r\n\r\nabcd")));
}

TEST(HttpClientTest, AGetAnnouncesNoBody) {
  std::string seen;
  ScriptedServer server([&](const std::string& request) {
    seen = request;
    return ScriptedServer::Answer("");
  });
  ASSERT_TRUE(Get(server).ok());
  EXPECT_THAT(seen, Not(HasSubstr("Content-Length")));
}

TEST(HttpClientTest, CarriesLargeBodiesBothWays) {
  ScriptedServer server(
      [&](const std::string& request) { return ScriptedServer::Answer(request.substr(request.find("\r\n\r\n") + 4)); });
  std::string body;
  for (int i = 0; body.size() < (8 << 20); ++i) body += std::to_string(i);
  const Result<HttpAnswer> answer =
      Call({.method = "POST", .url = *ParseUrl(server.url()), .body_begin = body, .timeout = std::chrono::seconds(60)});
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_TRUE(answer->body == body);
}

TEST(HttpClientTest, NamesTheServerThatIsNotThere) {
  const std::string url = "http://127.0.0.1:" + std::to_string(UnusedPort());
  const Result<HttpAnswer> answer = Call({.url = *ParseUrl(url)});
  EXPECT_EQ(answer.status().code(), StatusCode::kUnavailable);
  EXPECT_THAT(answer.status().message(), AllOf(HasSubstr(url.substr(7)), HasSubstr("refused")));
}

TEST(HttpClientTest, SaysThatTheServerHungUp) {
  ScriptedServer server([](const std::string&) { return ""; });
  EXPECT_EQ(Get(server).status().code(), StatusCode::kUnavailable);
}

TEST(HttpClientTest, DoesNotWaitLongerThanItWasTold) {
  // Half an answer, and the connection stays open.
  ScriptedServer server([](const std::string&) { return "HTTP/1.1 200 OK\r\n"; });
  EXPECT_EQ(Get(server, std::chrono::milliseconds(20)).status().code(), StatusCode::kDeadlineExceeded);
}

TEST(HttpClientTest, SaysThatTheAnswerIsNotHttp) {
  ScriptedServer server([](const std::string&) { return "220 mail.example.org ESMTP\r\n\r\n"; });
  EXPECT_EQ(Get(server).status().code(), StatusCode::kInvalidArgument);
}

TEST(HttpClientTest, RefusesBytesBehindTheAnswer) {
  ScriptedServer server([](const std::string&) { return ScriptedServer::Answer("a") + "b"; });
  EXPECT_EQ(Get(server).status().code(), StatusCode::kInvalidArgument);
}

TEST(HttpClientTest, ReportsAHostThatDoesNotExist) {
  const Result<HttpAnswer> answer = Call({.url = {.host = "no-such-host.invalid"}});
  EXPECT_EQ(answer.status().code(), StatusCode::kUnavailable);
  EXPECT_THAT(answer.status().message(), HasSubstr("no-such-host.invalid"));
}

}  // namespace
}  // namespace trireme::client
