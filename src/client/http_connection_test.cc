// SPDX-License-Identifier: Apache-2.0
#include "client/http_connection.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <array>

#include "client/testing/scripted_server.h"

namespace trireme::client {
namespace {

using Progress = HttpConnection::Progress;

// Drives until there is an answer or a failure; a server that does neither fails the test by its time-out.
Progress Finish(HttpConnection& connection, Progress progress) {
  std::array<char, 1000> scratch;
  while (progress == Progress::kWaiting) {
    pollfd ready = {connection.fd(), static_cast<short>(connection.WantsWrite() ? POLLIN | POLLOUT : POLLIN), 0};
    poll(&ready, 1, -1);
    progress = connection.Drive(scratch);
  }
  return progress;
}

class HttpConnectionTest : public testing::Test {
 protected:
  void Connect(const ScriptedServer& server) {
    url_ = *ParseUrl(server.url());
    request_ = Prepare("GET", url_, {});
    ASSERT_TRUE(connection_.Open(*Resolve(url_)).ok());
  }

  Url url_;
  PreparedRequest request_;
  HttpConnection connection_;
};

TEST_F(HttpConnectionTest, CarriesOneRequestAfterTheOther) {
  int count = 0;
  ScriptedServer server([&](const std::string&) { return ScriptedServer::Answer(std::to_string(++count)); });
  Connect(server);
  for (int i = 1; i <= 3; ++i) {
    std::string body;
    ASSERT_EQ(Finish(connection_, connection_.Start(request_, &body)), Progress::kAnswered);
    EXPECT_EQ(body, std::to_string(i));
    EXPECT_TRUE(connection_.is_reusable());
  }
  EXPECT_EQ(server.connections_accepted(), 1);
}

TEST_F(HttpConnectionTest, IsNotReusableOnceTheServerWillClose) {
  ScriptedServer server(
      [](const std::string&) { return ScriptedServer::Answer("", "200 OK", "Connection: close\r\n"); });
  Connect(server);
  ASSERT_EQ(Finish(connection_, connection_.Start(request_)), Progress::kAnswered);
  EXPECT_FALSE(connection_.is_reusable());
  ASSERT_TRUE(connection_.Open(*Resolve(url_)).ok());
  EXPECT_EQ(Finish(connection_, connection_.Start(request_)), Progress::kAnswered);
}

TEST_F(HttpConnectionTest, CountsTheBytesItReceives) {
  std::string answer = ScriptedServer::Answer(std::string(5'000, 'x'));
  ScriptedServer server([&](const std::string&) { return answer; });
  Connect(server);
  ASSERT_EQ(Finish(connection_, connection_.Start(request_)), Progress::kAnswered);
  EXPECT_EQ(connection_.bytes_received(), answer.size());
}

TEST_F(HttpConnectionTest, KeepsNoMoreOfABodyThanItWasTold) {
  ScriptedServer server([](const std::string&) { return ScriptedServer::Answer(std::string(5'000, 'x')); });
  Connect(server);
  std::string body;
  ASSERT_EQ(Finish(connection_, connection_.Start(request_, &body, 1'500)), Progress::kAnswered);
  EXPECT_EQ(body, std::string(1'500, 'x'));
}

TEST_F(HttpConnectionTest, IsClosedByAFailure) {
  ScriptedServer server([](const std::string&) { return ""; });
  Connect(server);
  EXPECT_EQ(Finish(connection_, connection_.Start(request_)), Progress::kFailed);
  EXPECT_FALSE(connection_.is_open());
  EXPECT_EQ(connection_.error().code(), StatusCode::kUnavailable);
  EXPECT_EQ(connection_.Start(request_), Progress::kFailed);
}

TEST(EndpointTest, KnowsThisMachine) {
  EXPECT_TRUE(Resolve({.host = "127.0.0.2"})->IsLoopback());
  EXPECT_TRUE(Resolve({.host = "::1"})->IsLoopback());
  EXPECT_FALSE(Resolve({.host = "192.0.2.1"})->IsLoopback());
  EXPECT_FALSE(Resolve({.host = "2001:db8::1"})->IsLoopback());
}

}  // namespace
}  // namespace trireme::client
