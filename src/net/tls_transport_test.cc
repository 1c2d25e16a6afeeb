// SPDX-License-Identifier: Apache-2.0
#include "net/tls_transport.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>
#include <string>

#include "net/testing/hand_turned_loop.h"
#include "net/testing/scripted_handler.h"
#include "net/testing/tls_server_files.h"
#include "net/testing/tls_test_client.h"

namespace trireme::net {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

constexpr char kGet[] = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr size_t kFullRecord = (16 << 10) + 17;  // of TLS 1.3 with AES-GCM

std::string Post(const std::string& body) {
  return "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string BodyOf(const std::string& response) {
  return response.substr(response.find("\r\n\r\n") + 4);
}

std::string Pattern(size_t bytes) {
  std::string text;
  for (int i = 0; text.size() < bytes; ++i) text += std::to_string(i) + ",";
  text.resize(bytes);
  return text;
}

// HTTP/1.1 over TLS: what the transport does, seen from a client.
class TlsTransportTest : public testing::Test {
 protected:
  TlsTestClient Connect(TlsTestClientOptions options = {.protocols = {"http/1.1"}}) {
    TlsTestClient client(loop_.Connect(), std::move(options));
    EXPECT_TRUE(client.ShakeHands()) << client.error();
    return client;
  }

  ScriptedHandler handler_;
  const TlsServerFiles files_;
  const std::unique_ptr<TlsCertificates> certificates_ = files_.Load(files_.options());
  HandTurnedLoop loop_{Reception{.http = &handler_, .tls = certificates_.get()}};
};

TEST_F(TlsTransportTest, KeepsTheConnection) {
  TlsTestClient client = Connect();
  for (const std::string body : {"first", "second"}) EXPECT_EQ(BodyOf(client.Ask(Post(body))), body);
  EXPECT_FALSE(client.closed_by_server());
}

TEST_F(TlsTransportTest, ReadsBytesThatComeOneByOne) {
  TlsTestClient client = Connect();
  for (const char c : client.Encrypted(Post("hello"))) client.raw().Send(std::string(1, c));
  EXPECT_EQ(BodyOf(client.Receive()), "hello");
}

TEST_F(TlsTransportTest, ReadsManyRecordsThatComeAtOnce) {
  TlsTestClient client = Connect();
  std::string bytes;
  for (const char c : Post("hello")) bytes += client.Encrypted(std::string(1, c));
  for (int i = 0; i < 999; ++i) bytes += client.Encrypted(Post("hello" + std::to_string(i)));
  client.raw().Send(bytes);
  EXPECT_THAT(client.Receive(), EndsWith("hello998"));
  EXPECT_THAT(handler_.requests, SizeIs(1000));
}

TEST_F(TlsTransportTest, ManySmallRecordsTakeTurnsWithOthers) {
  TlsTestClient crumbs = Connect();
  TlsTestClient other = Connect();
  std::string bytes;
  for (const char c : "GET /" + std::string(5000, 'c') + (kGet + 5)) bytes += crumbs.Encrypted(std::string(1, c));
  const std::string request = other.Encrypted(kGet);
  ASSERT_EQ(send(crumbs.raw().fd(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  ASSERT_EQ(send(other.raw().fd(), request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
  loop_.Turn();
  EXPECT_THAT(crumbs.Receive(), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(handler_.requests, ElementsAre("/", StartsWith("/ccc")));
}

TEST_F(TlsTransportTest, TakesKeyUpdates) {
  TlsTestClient client = Connect();
  for (int i = 0; i < 9; ++i) {
    client.raw().Send(client.KeyUpdates(100));
    EXPECT_THAT(client.Ask(Post("hello")), EndsWith("\r\n\r\nhello"));
  }
}

TEST_F(TlsTransportTest, EndsAConnectionThatUpdatesItsKeysWithoutEnd) {
  TlsTestClient client = Connect();
  for (int i = 0; i < 60 && !client.closed_by_server(); ++i) client.raw().Ask(client.KeyUpdates(100));
  EXPECT_TRUE(client.closed_by_server());
  EXPECT_EQ(loop_.loop().connections(), 0u);
}

TEST_F(TlsTransportTest, NeverWaitsForTheSocketWhileItHoldsBytes) {
  // A body that ends anywhere within what was read ahead.
  for (size_t bytes = 60'000; bytes < 150'000; bytes += 7'001) {
    TlsTestClient client = Connect();
    const std::string body = Pattern(bytes);
    EXPECT_EQ(BodyOf(client.Ask(Post(body))), body);
  }
}

TEST_F(TlsTransportTest, EchoesALargeBody) {
  TlsTestClient client = Connect();
  const std::string body = Pattern(20 << 20);
  EXPECT_EQ(BodyOf(client.Ask(Post(body))), body);
}

TEST_F(TlsTransportTest, EchoesALargeBodyByTls12) {
  TlsTestClient client = Connect({.protocols = {"http/1.1"}, .only_tls_1_2 = true});
  const std::string body = Pattern(3 << 20);
  EXPECT_EQ(BodyOf(client.Ask(Post(body))), body);
}

TEST_F(TlsTransportTest, SendsASmallAnswerAsOneRecord) {
  handler_.answer = [](HttpRequest request, HttpReply reply) {
    HttpResponse answer{.body = "body"};
    for (int i = 0; i < 5; ++i) answer.parts.push_back({.bytes = request.body, .keep_alive = request.storage});
    reply.Send(std::move(answer));
  };
  TlsTestClient client = Connect();
  client.Receive();
  const size_t before = client.records().size();
  EXPECT_THAT(client.Ask(Post("part")), EndsWith("bodypartpartpartpartpart"));
  EXPECT_EQ(client.records().size() - before, 1u);
}

TEST_F(TlsTransportTest, SendsALargeAnswerInFullRecords) {
  TlsTestClient client = Connect();
  client.Receive();
  const auto before = static_cast<ptrdiff_t>(client.records().size());
  client.Ask(Post(Pattern(1'000'000)));
  EXPECT_THAT(client.records(), SizeIs(static_cast<size_t>(before) + 62));
  EXPECT_EQ(std::count(client.records().begin() + before, client.records().end(), kFullRecord), 61);
}

TEST_F(TlsTransportTest, GoesOnWhereTheSocketStopped) {
  handler_.HoldAnswers();
  TlsTestClient client = Connect();
  client.Send(kGet);
  HttpReply reply = std::move(handler_.held_replies.at(0));
  reply.Begin({});
  std::string expected;
  for (int i = 0; i < 300; ++i) {
    const std::string chunk = Pattern(20'000 + static_cast<size_t>(i));
    expected += chunk;
    reply.Write(chunk);
    if (i % 3 == 0) loop_.Turn();
  }
  reply.End();
  loop_.Turn();
  const std::string received = client.Receive();
  std::string joined;
  for (size_t at = received.find("\r\n\r\n") + 4; at < received.size();) {
    const size_t length = std::stoul(received.substr(at), nullptr, 16);
    at = received.find("\r\n", at) + 2;
    joined += received.substr(at, length);
    at += length + 2;
  }
  EXPECT_EQ(joined, expected);
}

TEST_F(TlsTransportTest, StillAnswersAClientThatSaidGoodbye) {
  handler_.HoldAnswers();
  TlsTestClient client = Connect();
  client.Send(kGet);
  client.SayGoodbye();
  handler_.held_replies.at(0).Send({.body = "late"});
  loop_.Turn();
  EXPECT_THAT(client.Receive(), EndsWith("late"));
  EXPECT_TRUE(client.heard_goodbye());
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(TlsTransportTest, CancelsARequestWhoseClientHasGone) {
  handler_.HoldAnswers();
  TlsTestClient client = Connect();
  client.Send(kGet);
  client.raw().HangUp();
  loop_.Turn();
  EXPECT_TRUE(handler_.held_requests.at(0).cancellation.cancelled());
  handler_.held_replies.clear();
  loop_.Turn();
  EXPECT_EQ(loop_.loop().connections(), 0u);
}

TEST_F(TlsTransportTest, SaysGoodbyeWhereTheAnswerIsComplete) {
  TlsTestClient client = Connect();
  EXPECT_THAT(client.Ask("GET / HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.1 200"));
  EXPECT_TRUE(client.heard_goodbye());
  TlsTestClient idle = Connect();
  loop_.Advance(std::chrono::seconds(76));
  idle.Receive();
  EXPECT_TRUE(idle.heard_goodbye());
}

TEST_F(TlsTransportTest, SaysNoGoodbyeWhereItBreaksOff) {
  handler_.HoldAnswers();
  TlsTestClient client = Connect();
  client.Send("GET / HTTP/1.0\r\n\r\n");
  handler_.held_replies.at(0).Begin({.body = "half"});
  loop_.Turn();
  EXPECT_THAT(client.Receive(), EndsWith("half"));
  handler_.held_replies.clear();
  loop_.Turn();
  client.Receive();
  EXPECT_TRUE(client.closed_by_server());
  EXPECT_FALSE(client.heard_goodbye());
}

TEST_F(TlsTransportTest, LetsAClientThatSendsOnReadWhyItWasRefused) {
  TlsTestClient client = Connect();
  client.Send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4000000000\r\n\r\n");
  for (int i = 0; i < 20; ++i) client.Send(Pattern(100'000));
  EXPECT_THAT(client.Receive(), StartsWith("HTTP/1.1 413"));
}

TEST_F(TlsTransportTest, EndsWithAClientThatBreaksTheRules) {
  TlsTestClient client = Connect();
  std::string forged = client.Encrypted(kGet);
  forged.back() = static_cast<char>(forged.back() ^ 1);
  client.raw().Send(forged);
  client.Receive();
  EXPECT_EQ(client.error(), "sslv3 alert bad record mac");
  EXPECT_EQ(loop_.loop().connections(), 0u);
  EXPECT_TRUE(handler_.requests.empty());
}

TEST_F(TlsTransportTest, SurvivesAClientThatIsGoneWhenItIsAnswered) {
  handler_.HoldAnswers();
  TlsTestClient client = Connect();
  client.Send(kGet);
  HttpReply reply = std::move(handler_.held_replies.at(0));
  client.raw().HangUp();
  reply.Send({.body = Pattern(100'000)});  // a signal would end the test
  loop_.Turn();
  EXPECT_EQ(loop_.loop().connections(), 0u);
}

}  // namespace
}  // namespace trireme::net
