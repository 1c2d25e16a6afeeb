// SPDX-License-Identifier: Apache-2.0
#include "client/grpc_connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>
#include <poll.h>

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "client/testing/grpc_server.h"
#include "client/testing/scripted_server.h"

namespace trireme::client {
namespace {

using net::GrpcCode;
using testing::ElementsAre;
using testing::HasSubstr;
using Answer = ScriptedGrpcServer::Answer;
using Message = ScriptedGrpcServer::Message;

// Writes down what happens, and goes on as a test wants.
class Diary final : public GrpcListener {
 public:
  void OnMessage(size_t call, std::string_view message, uint64_t message_bytes) override {
    lines.push_back(std::to_string(call) + " " + std::string(message.substr(0, 20)));
    bytes += message_bytes;
    if (on_message) on_message(call);
  }
  void OnEnd(size_t call, const GrpcEnd& end) override {
    lines.push_back(std::to_string(call) + " " + std::string(Name(end.code)) +
                    (end.message.empty() ? "" : ": " + end.message));
    ++ended;
    if (on_end) on_end(call);
  }

  std::vector<std::string> lines;
  uint64_t bytes = 0;
  int ended = 0;
  std::function<void(size_t)> on_message, on_end;
};

class GrpcConnectionTest : public testing::Test {
 protected:
  void Connect(const std::string& url, GrpcConnection::Options options = {.calls = 4}) {
    url_ = *ParseUrl(url);
    head_ = PrepareCall(url_, "/test.Service/Do", std::nullopt, {{"k", "v"}});
    connection_ = std::make_unique<GrpcConnection>(options, diary_);
    ASSERT_TRUE(connection_->Open(*Resolve(url_)).ok());
  }

  // A unary call. The text must live as long as the test.
  void Call(size_t number, std::string_view text) {
    connection_->Start(number, head_);
    Say(number, text, true);
  }
  void Say(size_t number, std::string_view text, bool last) {
    prefixes_.push_back(std::make_unique<std::string>(GrpcPrefix(text.size())));
    connection_->Send(number, {*prefixes_.back(), text}, last);
  }

  // Until so many calls have ended, or the connection.
  void DriveUntil(const std::function<bool()>& done) {
    std::array<char, 16 << 10> scratch;
    connection_->Flush();
    while (!done() && connection_->is_open()) {
      pollfd ready = {connection_->fd(), static_cast<short>(connection_->WantsWrite() ? POLLIN | POLLOUT : POLLIN), 0};
      poll(&ready, 1, -1);
      connection_->Drive(scratch);
    }
  }
  void DriveUntilEnded(int calls) {
    DriveUntil([&] { return diary_.ended >= calls; });
  }

  Diary diary_;
  Url url_;
  GrpcHead head_;
  std::vector<std::unique_ptr<std::string>> prefixes_;
  std::unique_ptr<GrpcConnection> connection_;
};

TEST_F(GrpcConnectionTest, CarriesAUnaryCall) {
  std::map<std::string, std::string> headers;
  const ScriptedGrpcServer server([&](const Message& message) {
    headers = message.headers;
    return Answer{.messages = {"re: " + message.bytes}};
  });
  Connect(server.url());
  Call(0, "hello");
  EXPECT_TRUE(connection_->is_active(0));
  DriveUntilEnded(1);
  EXPECT_THAT(diary_.lines, ElementsAre("0 re: hello", "0 OK"));
  EXPECT_FALSE(connection_->is_active(0));
  EXPECT_EQ(headers[":path"], "/test.Service/Do");
  EXPECT_EQ(headers["te"], "trailers");
  EXPECT_EQ(headers["k"], "v");
}

TEST_F(GrpcConnectionTest, CarriesSeveralCallsAtATimeAndOneAfterTheOther) {
  const ScriptedGrpcServer server([](const Message& message) { return Answer{.messages = {message.bytes}}; });
  Connect(server.url());
  int more = 20;
  diary_.on_end = [&](size_t number) {
    if (more-- > 0) Call(number, "again");
  };
  for (size_t i = 0; i < 4; ++i) Call(i, "first");
  DriveUntilEnded(24);
  EXPECT_EQ(diary_.lines.size(), 48u);
  EXPECT_EQ(server.connections_accepted(), 1);
  EXPECT_TRUE(connection_->is_idle());
}

TEST_F(GrpcConnectionTest, CarriesMessagesThatNoWindowHoldsBothWays) {
  const std::string large(20 << 20, 'x');
  const ScriptedGrpcServer server([](const Message& message) { return Answer{.messages = {message.bytes}}; });
  Connect(server.url());
  Call(0, large);
  Call(1, large);
  DriveUntilEnded(2);
  EXPECT_THAT(diary_.lines,
              testing::UnorderedElementsAre("0 " + std::string(20, 'x'), "0 OK", "1 " + std::string(20, 'x'), "1 OK"));
  EXPECT_EQ(diary_.bytes, 2 * large.size());
}

TEST_F(GrpcConnectionTest, CarriesAStreamBothWays) {
  const ScriptedGrpcServer server([](const Message& message) {
    return Answer{.messages = {message.bytes + "1", message.bytes + "2"}};
  });
  Connect(server.url());
  connection_->Start(2, head_);
  Say(2, "a", false);
  int heard = 0;
  diary_.on_message = [&](size_t number) {
    if (++heard == 2) Say(number, "b", false);
    if (heard == 4) connection_->SendEnd(number);
  };
  DriveUntilEnded(1);
  EXPECT_THAT(diary_.lines, ElementsAre("2 a1", "2 a2", "2 b1", "2 b2", "2 OK"));
}

TEST_F(GrpcConnectionTest, ReportsTheServersStatus) {
  const ScriptedGrpcServer server([](const Message&) {
    return Answer{.end = GrpcEnd{GrpcCode::kResourceExhausted, "the line%20is full"}};
  });
  Connect(server.url());
  Call(0, "x");
  DriveUntilEnded(1);
  EXPECT_THAT(diary_.lines, ElementsAre("0 RESOURCE_EXHAUSTED: the line is full"));
}

TEST_F(GrpcConnectionTest, AnAnswerWithoutAStatusIsJudgedByWhatThereIs) {
  const ScriptedGrpcServer server([](const Message& message) {
    if (message.bytes == "page") return Answer{.end = GrpcEnd(), .http_status = 503, .raw_bytes = "<html>"};
    if (message.bytes == "refused") return Answer{.reset = NGHTTP2_REFUSED_STREAM};
    return Answer{.reset = NGHTTP2_INTERNAL_ERROR};
  });
  Connect(server.url());
  Call(0, "page");
  Call(1, "refused");
  Call(2, "broken");
  DriveUntilEnded(3);
  EXPECT_THAT(diary_.lines, testing::UnorderedElementsAre("0 UNAVAILABLE: HTTP status 503",
                                                          "1 UNAVAILABLE: the server refused the stream",
                                                          HasSubstr("2 INTERNAL: the server reset the stream")));
  EXPECT_TRUE(connection_->takes_calls());
}

TEST_F(GrpcConnectionTest, EndsCallsWhoseAnswersItCannotTake) {
  const ScriptedGrpcServer server([](const Message& message) {
    if (message.bytes == "large") return Answer{.messages = {std::string(1'001, 'x')}};
    if (message.bytes == "cut") return Answer{.raw_bytes = GrpcPrefix(10) + "half"};
    return Answer{.raw_bytes = std::string("\1\0\0\0\1x", 6)};
  });
  Connect(server.url(), {.calls = 3, .max_message_bytes = 1'000});
  Call(0, "large");
  Call(1, "compressed");
  Call(2, "cut");
  DriveUntilEnded(3);
  EXPECT_THAT(diary_.lines,
              testing::UnorderedElementsAre(HasSubstr("0 RESOURCE_EXHAUSTED: an answer of 1001 bytes"),
                                            HasSubstr("1 INTERNAL: the server sent a compressed message"),
                                            HasSubstr("2 INTERNAL: the server ended the call in the middle")));
}

TEST_F(GrpcConnectionTest, ACallIsOverWhenTheServerSaysSo) {
  const ScriptedGrpcServer server([](const Message&) { return Answer{.messages = {"enough"}, .end = GrpcEnd()}; });
  Connect(server.url());
  connection_->Start(0, head_);
  Say(0, "a", false);
  DriveUntilEnded(1);
  EXPECT_THAT(diary_.lines, ElementsAre("0 enough", "0 OK"));
  Call(0, "b");
  DriveUntilEnded(2);
  EXPECT_EQ(diary_.lines.back(), "0 OK");
}

TEST_F(GrpcConnectionTest, ACancelledCallIsHeardOfNoMore) {
  const ScriptedGrpcServer server([](const Message& message) {
    return message.bytes == "slow" ? Answer{.hangs = true} : Answer{.messages = {"quick"}};
  });
  Connect(server.url());
  Call(0, "slow");
  Call(1, "quick");
  DriveUntilEnded(1);
  connection_->Cancel(0);
  EXPECT_FALSE(connection_->is_active(0));
  Call(0, "quick");
  DriveUntilEnded(2);
  EXPECT_THAT(diary_.lines, ElementsAre("1 quick", "1 OK", "0 quick", "0 OK"));
}

TEST_F(GrpcConnectionTest, TakesNoFurtherCallsOnceTheServerGoesAway) {
  const ScriptedGrpcServer server([](const Message&) { return Answer{.messages = {"last"}, .goes_away = true}; });
  Connect(server.url());
  Call(0, "x");
  DriveUntilEnded(1);
  EXPECT_THAT(diary_.lines, ElementsAre("0 last", "0 OK"));
  EXPECT_FALSE(connection_->takes_calls());
  ASSERT_TRUE(connection_->Open(*Resolve(url_)).ok());
  EXPECT_TRUE(connection_->takes_calls());
  Call(0, "x");
  DriveUntilEnded(2);
  EXPECT_EQ(diary_.lines.back(), "0 OK");
}

TEST_F(GrpcConnectionTest, EveryCallEndsWithTheConnection) {
  ScriptedGrpcServer server([](const Message&) { return Answer{.hangs = true}; });
  Connect(server.url());
  Call(0, "x");
  Call(3, "y");
  DriveUntil([&] { return !connection_->WantsWrite() && connection_->bytes_received() > 0; });
  server.Cut();
  DriveUntilEnded(2);
  EXPECT_FALSE(connection_->is_open());
  EXPECT_EQ(connection_->error().code(), StatusCode::kUnavailable);
  ASSERT_EQ(diary_.lines.size(), 2u);
  EXPECT_THAT(diary_.lines[0], HasSubstr("0 UNAVAILABLE: "));
  EXPECT_THAT(diary_.lines[1], HasSubstr("3 UNAVAILABLE: "));
}

TEST_F(GrpcConnectionTest, SaysThatAPortIsNotForGrpc) {
  const ScriptedServer server([](const std::string&) { return ScriptedServer::Answer("", "400 Bad Request"); });
  Connect(server.url());
  Call(0, "x");
  DriveUntilEnded(1);
  EXPECT_THAT(connection_->error().message(), HasSubstr("is this its gRPC port"));
}

TEST_F(GrpcConnectionTest, SaysThatNobodyListens) {
  Connect("grpc://127.0.0.1:" + std::to_string(UnusedPort()));
  Call(0, "x");
  DriveUntilEnded(1);
  EXPECT_THAT(connection_->error().message(), HasSubstr("refused"));
}

}  // namespace
}  // namespace trireme::client
