// SPDX-License-Identifier: Apache-2.0
#include "net/http1_connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <memory>
#include <string>
#include <thread>

#include "net/testing/hand_turned_loop.h"
#include "net/testing/scripted_handler.h"

namespace trireme::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr char kGet[] = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

std::string Get(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n";
}

std::string Post(const std::string& target, const std::string& body, const std::string& headers = "") {
  return "POST " + target + " HTTP/1.1\r\nHost: h\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

std::string BodyOf(const std::string& response) {
  return response.substr(response.find("\r\n\r\n") + 4);
}

size_t Occurrences(const std::string& text, const std::string& of) {
  size_t count = 0;
  for (size_t at = text.find(of); at != std::string::npos; at = text.find(of, at + 1)) ++count;
  return count;
}

HttpResponse Text(std::string body) {
  return {.status = 200, .headers = {}, .body = std::move(body)};
}

class Http1ConnectionTest : public testing::Test {
 protected:
  HandTurnedLoop& Loop(NetOptions options = {}) {
    if (!loop_) loop_ = std::make_unique<HandTurnedLoop>(handler_, std::move(options));
    return *loop_;
  }

  ScriptedHandler handler_;
  std::unique_ptr<HandTurnedLoop> loop_;
};

TEST_F(Http1ConnectionTest, AnswersARequestAndKeepsTheConnection) {
  TestClient client = Loop().Connect();
  const std::string first = client.Ask(Post("/a", "hello"));
  EXPECT_THAT(first, StartsWith("HTTP/1.1 200 OK\r\nDate: "));
  EXPECT_THAT(first, HasSubstr("\r\nContent-Length: 5\r\n"));
  EXPECT_EQ(BodyOf(first), "hello");
  EXPECT_EQ(BodyOf(client.Ask(Post("/b", "again"))), "again");
  EXPECT_FALSE(client.closed_by_server());
  EXPECT_EQ(Loop().counters().requests, 2u);
}

TEST_F(Http1ConnectionTest, ShowsTheHandlerHeadPeerAndTime) {
  handler_.HoldAnswers();
  TestClient client = Loop().Connect();
  client.Send(Post("/a?b", "c", "X-Y: z\r\n"));
  ASSERT_EQ(handler_.held_requests.size(), 1u);
  const HttpRequest& request = handler_.held_requests[0];
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.query, "b");
  EXPECT_EQ(*request.Find("x-y"), "z");
  EXPECT_EQ(request.peer, "192.0.2.1:4711");
  EXPECT_EQ(request.received, Loop().loop().now());
}

TEST_F(Http1ConnectionTest, ReadsARequestByteByByte) {
  TestClient client = Loop().Connect();
  for (const char c : Post("/a", "hello")) client.Send(std::string(1, c));
  EXPECT_EQ(BodyOf(client.Receive()), "hello");
}

TEST_F(Http1ConnectionTest, AnswersPipelinedRequestsInOrder) {
  handler_.HoldAnswers();
  TestClient client = Loop().Connect();
  client.Send(Get("/1") + Get("/2") + Get("/3"));
  EXPECT_THAT(handler_.requests, ElementsAre("/1")) << "one at a time";
  for (const std::string body : {"one", "two", "three"}) {
    ASSERT_FALSE(handler_.held_replies.empty());
    HttpReply reply = std::move(handler_.held_replies.back());
    handler_.held_replies.clear();
    reply.Send(Text(body));
    Loop().Turn();
  }
  EXPECT_THAT(handler_.requests, ElementsAre("/1", "/2", "/3"));
  const std::string answers = client.Receive();
  EXPECT_LT(answers.find("one"), answers.find("two"));
  EXPECT_LT(answers.find("two"), answers.find("three"));
}

TEST_F(Http1ConnectionTest, AnswersAThousandPipelinedRequests) {
  TestClient client = Loop().Connect();
  std::string burst;
  for (int i = 0; i < 1000; ++i) burst += Post("/" + std::to_string(i), "body-" + std::to_string(i) + ";");
  const std::string answers = client.Ask(burst);
  EXPECT_EQ(Occurrences(answers, "HTTP/1.1 200 OK"), 1000u);
  EXPECT_THAT(answers, EndsWith("body-999;"));
}

TEST_F(Http1ConnectionTest, EchoesALargeBody) {
  std::string body;
  for (int i = 0; body.size() < 3'000'000; ++i) body += std::to_string(i) + ",";
  TestClient client = Loop().Connect();
  EXPECT_EQ(BodyOf(client.Ask(Post("/", body))), body);
}

TEST_F(Http1ConnectionTest, JoinsAChunkedBody) {
  TestClient client = Loop().Connect();
  const std::string answer = client.Ask(
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n" +
      Get("/next"));
  EXPECT_THAT(answer, HasSubstr("hello world"));
  EXPECT_THAT(handler_.requests, ElementsAre("/", "/next"));
}

TEST_F(Http1ConnectionTest, SendsAResponseOfUnknownLengthInChunks) {
  handler_.HoldAnswers();
  TestClient client = Loop().Connect();
  client.Send(kGet);
  HttpReply reply = std::move(handler_.held_replies.at(0));
  reply.Begin({.status = 200, .headers = {{"Content-Type", "text/event-stream"}}});
  reply.Write("0123456789abcdefX");
  Loop().Turn();
  EXPECT_THAT(client.Receive(), EndsWith("Transfer-Encoding: chunked\r\n\r\n11\r\n0123456789abcdefX\r\n"));
  reply.Write("");
  reply.Write("b");
  reply.End();
  Loop().Turn();
  EXPECT_EQ(client.Receive(), "1\r\nb\r\n0\r\n\r\n");
  EXPECT_THAT(client.Ask(kGet), Not(HasSubstr("close")));
}

TEST_F(Http1ConnectionTest, EndsAnHttp10StreamWithTheConnection) {
  handler_.answer = [](HttpRequest, HttpReply reply) {
    reply.Begin(Text("a"));
    reply.Write("b");
    reply.End();
  };
  TestClient client = Loop().Connect();
  const std::string answer = client.Ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
  EXPECT_THAT(answer, Not(HasSubstr("Transfer-Encoding")));
  EXPECT_EQ(BodyOf(answer), "ab");
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(Http1ConnectionTest, KeepsAnHttp10ConnectionIfAsked) {
  TestClient client = Loop().Connect();
  EXPECT_THAT(client.Ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), HasSubstr("Connection: keep-alive"));
  EXPECT_FALSE(client.closed_by_server());
  EXPECT_THAT(client.Ask("GET / HTTP/1.0\r\n\r\n"), HasSubstr("Connection: close"));
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(Http1ConnectionTest, ClosesAfterTheAnswerIfTheClientOrTheHandlerSaysSo) {
  TestClient first = Loop().Connect();
  EXPECT_THAT(first.Ask("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"), HasSubstr("Connection: close"));
  EXPECT_TRUE(first.closed_by_server());
  handler_.answer = [](HttpRequest, HttpReply reply) { reply.Send({.body = "bye", .close = true}); };
  TestClient second = Loop().Connect();
  EXPECT_THAT(second.Ask(kGet), EndsWith("bye"));
  EXPECT_TRUE(second.closed_by_server());
}

TEST_F(Http1ConnectionTest, AnswersHeadWithTheLengthAndNoBody) {
  handler_.answer = [](HttpRequest, HttpReply reply) { reply.Send(Text("hello")); };
  TestClient client = Loop().Connect();
  const std::string answer = client.Ask("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Content-Length: 5\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
  EXPECT_THAT(client.Ask(kGet), EndsWith("hello"));
}

TEST_F(Http1ConnectionTest, AnswersNoContentWithoutABody) {
  handler_.answer = [](HttpRequest, HttpReply reply) { reply.Send({.status = 204, .body = "surplus"}); };
  TestClient client = Loop().Connect();
  EXPECT_THAT(client.Ask(kGet), EndsWith("\r\n\r\n"));
}

TEST_F(Http1ConnectionTest, SaysContinueOnceTheHeadIsAccepted) {
  TestClient client = Loop().Connect();
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n";
  EXPECT_EQ(client.Ask(head), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(BodyOf(client.Ask("hello")), "hello");
  EXPECT_THAT(client.Ask(head + "again"), StartsWith("HTTP/1.1 200")) << "nobody waits for it";
}

TEST_F(Http1ConnectionTest, RefusesInsteadOfSayingContinue) {
  handler_.plan = [](const HttpRequest&) { return BodyPlan{.refusal = HttpResponse{.status = 401}}; };
  TestClient client = Loop().Connect();
  const std::string answer =
      client.Ask("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
  EXPECT_THAT(handler_.requests, ElementsAre());
}

TEST_F(Http1ConnectionTest, KeepsTheConnectionAfterARefusalWhoseBodyIsHere) {
  handler_.plan = [](const HttpRequest& head) {
    BodyPlan plan{.max_bytes = 100};
    if (head.path == "/no") plan.refusal = HttpResponse{.status = 404};
    return plan;
  };
  TestClient client = Loop().Connect();
  const std::string answers = client.Ask(Post("/no", "unwanted") + Post("/yes", "wanted"));
  EXPECT_THAT(answers, StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(answers, EndsWith("wanted"));
}

TEST_F(Http1ConnectionTest, AnswersItsOwnErrorsAsJsonAndCloses) {
  TestClient client = Loop().Connect();
  const std::string answer = client.Ask("GET /%2e%2e/ HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(BodyOf(answer), StartsWith("{\"error\":\"request target: expected"));
  EXPECT_TRUE(client.closed_by_server());
  EXPECT_EQ(Loop().counters().bad_requests, 1u);
}

TEST_F(Http1ConnectionTest, LetsAClientThatSendsOnReadWhyItWasRefused) {
  NetOptions options;
  options.limits.max_body_bytes = 1000;
  TestClient client = Loop(options).Connect();
  client.Send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4000000000\r\n\r\n");
  for (int i = 0; i < 100; ++i) client.Send(std::string(100'000, 'x'));
  EXPECT_LE(Loop().pool().idle_bytes(), 2 * InputBuffer::kBlockBytes);
  const std::string answer = client.Receive();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(answer, HasSubstr("got Content-Length 4000000000"));
  EXPECT_TRUE(client.closed_by_server());
  EXPECT_EQ(Loop().loop().connections(), 1u) << "it still listens";
  client.HangUp();
  Loop().Turn();
  EXPECT_EQ(Loop().loop().connections(), 0u);
}

TEST_F(Http1ConnectionTest, StopsLingeringWhenTheClientFallsSilent) {
  TestClient client = Loop().Connect();
  client.Send("BAD\r\n\r\n");
  EXPECT_EQ(Loop().loop().connections(), 1u);
  Loop().Advance(seconds(3));
  EXPECT_EQ(Loop().loop().connections(), 0u);
}

TEST_F(Http1ConnectionTest, CancelsARequestWhoseClientHasGone) {
  handler_.HoldAnswers();
  TestClient client = Loop().Connect();
  client.Send(kGet);
  EXPECT_FALSE(handler_.held_requests.at(0).cancellation.cancelled());
  client.HangUp();
  Loop().Turn();
  EXPECT_TRUE(handler_.held_requests[0].cancellation.cancelled());
  handler_.held_replies.clear();
  Loop().Turn();
  EXPECT_EQ(Loop().loop().connections(), 0u);
}

TEST_F(Http1ConnectionTest, SeesThatTheClientHasGoneBehindPipelinedRequests) {
  handler_.HoldAnswers();
  TestClient client = Loop().Connect();
  client.Send(Get("/1") + Get("/2"));
  client.HangUp();
  Loop().Turn();
  EXPECT_TRUE(handler_.held_requests.at(0).cancellation.cancelled());
}

TEST_F(Http1ConnectionTest, StillAnswersAClientThatOnlyFinishedSending) {
  handler_.HoldAnswers();
  TestClient client = Loop().Connect();
  client.Send(kGet);
  client.FinishSending();
  EXPECT_TRUE(handler_.held_requests.at(0).cancellation.cancelled());
  handler_.held_replies.at(0).Send(Text("late"));
  Loop().Turn();
  EXPECT_THAT(client.Receive(), EndsWith("late"));
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(Http1ConnectionTest, AnswersARequestThatWasCutShort) {
  TestClient client = Loop().Connect();
  client.Send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nabc");
  client.FinishSending();
  EXPECT_THAT(client.Receive(), HasSubstr("body: expected 5 bytes (Content-Length), got 3"));
  EXPECT_EQ(Loop().loop().connections(), 0u);
}

TEST_F(Http1ConnectionTest, AnswersInternalErrorForAReplyThatIsDropped) {
  handler_.answer = [](HttpRequest, HttpReply) {};
  TestClient client = Loop().Connect();
  EXPECT_THAT(client.Ask(kGet), StartsWith("HTTP/1.1 500"));
  EXPECT_FALSE(client.closed_by_server());
}

TEST_F(Http1ConnectionTest, AnswersInternalErrorForAReplyThatIsDroppedOnAnotherThread) {
  handler_.HoldAnswers();
  TestClient client = Loop().Connect();
  client.Send(kGet);
  std::thread([this] { handler_.held_replies.clear(); }).join();
  EXPECT_EQ(client.Receive(), "") << "answered on the loop only";
  Loop().Turn();
  EXPECT_THAT(client.Receive(), StartsWith("HTTP/1.1 500"));
}

TEST_F(Http1ConnectionTest, BreaksOffAStreamThatIsDropped) {
  handler_.answer = [](HttpRequest, HttpReply reply) { reply.Begin(Text("half")); };
  TestClient client = Loop().Connect();
  EXPECT_THAT(client.Ask(kGet), Not(HasSubstr("0\r\n\r\n")));
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(Http1ConnectionTest, TakesAnswersAfterItsEnd) {
  handler_.HoldAnswers();
  TestClient client = Loop().Connect();
  client.Send(kGet);
  loop_.reset();
  EXPECT_TRUE(handler_.held_requests.at(0).cancellation.cancelled());
  EXPECT_EQ(handler_.held_requests[0].path, "/") << "the request outlives loop and connection";
  handler_.held_replies.clear();
}

TEST_F(Http1ConnectionTest, ClosesAnIdleConnectionInSilence) {
  TestClient client = Loop().Connect();
  Loop().Advance(seconds(74));
  EXPECT_EQ(Loop().loop().connections(), 1u);
  client.Ask(kGet);
  Loop().Advance(seconds(74));
  EXPECT_EQ(Loop().loop().connections(), 1u) << "counted from the last answer";
  Loop().Advance(seconds(2));
  EXPECT_EQ(client.Receive(), "");
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(Http1ConnectionTest, TimesOutASlowHead) {
  TestClient client = Loop().Connect();
  for (int i = 0; i < 9; ++i) {
    client.Send("G");
    Loop().Advance(seconds(1));
  }
  EXPECT_EQ(client.Receive(), "");
  Loop().Advance(seconds(2));
  const std::string answer = client.Receive();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 408"));
  EXPECT_THAT(answer, HasSubstr("head_timeout"));
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(Http1ConnectionTest, TimesOutABodyThatStalls) {
  TestClient client = Loop().Connect();
  client.Send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nabc");
  Loop().Advance(seconds(19));
  EXPECT_EQ(client.Receive(), "");
  Loop().Advance(seconds(2));
  EXPECT_THAT(client.Receive(), HasSubstr("stall_timeout"));
}

TEST_F(Http1ConnectionTest, TimesOutABodyThatTrickles) {
  TestClient client = Loop().Connect();
  client.Send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n");
  for (int i = 0; i < 21; ++i) {
    client.Send("abc");
    Loop().Advance(seconds(1));
  }
  EXPECT_THAT(client.Receive(), StartsWith("HTTP/1.1 408"));
}

TEST_F(Http1ConnectionTest, HasAllTheTimeInTheWorldToAnswer) {
  handler_.HoldAnswers();
  TestClient client = Loop().Connect();
  client.Send(kGet);
  Loop().Advance(std::chrono::hours(1));
  handler_.held_replies.at(0).Send(Text("at last"));
  Loop().Turn();
  EXPECT_THAT(client.Receive(), EndsWith("at last"));
}

const std::string kLargeText(10'000'000, 'x');  // NOLINT(bugprone-string-constructor): large on purpose

TEST_F(Http1ConnectionTest, CutsOffAReaderThatStalls) {
  handler_.answer = [](HttpRequest, HttpReply reply) { reply.Send(Text(kLargeText)); };
  TestClient client = Loop().Connect();
  client.Send(kGet);
  Loop().Advance(seconds(19));
  EXPECT_EQ(Loop().loop().connections(), 1u);
  Loop().Advance(seconds(2));
  EXPECT_EQ(Loop().loop().connections(), 0u);
}

TEST_F(Http1ConnectionTest, CutsOffAStreamThatItsReaderDoesNotTake) {
  handler_.HoldAnswers();
  TestClient client = Loop().Connect();
  client.Send(kGet);
  HttpReply reply = std::move(handler_.held_replies.at(0));
  reply.Begin({});
  for (int i = 0; i < 90; ++i) reply.Write(std::string(100'000, 'x'));
  Loop().Turn();
  EXPECT_TRUE(handler_.held_requests.at(0).cancellation.cancelled());
  EXPECT_EQ(Loop().loop().connections(), 0u);
  reply.Write("nobody hears this");
  reply.End();
}

TEST_F(Http1ConnectionTest, ReadsNoFurtherRequestsOfAClientThatTakesNoAnswers) {
  handler_.answer = [](HttpRequest, HttpReply reply) { reply.Send(Text(std::string(100'000, 'x'))); };
  TestClient client = Loop().Connect();
  std::string burst;
  for (int i = 0; i < 100; ++i) burst += kGet;
  client.Send(burst);
  EXPECT_LT(handler_.requests.size(), 20u);
  EXPECT_EQ(Occurrences(client.Receive(), "HTTP/1.1 200"), 100u) << "once it takes them, all come";
}

TEST_F(Http1ConnectionTest, RefusesBodiesAboveWhatMayBeInFlight) {
  NetOptions options;
  options.limits.max_body_bytes_in_flight = 150'000;
  handler_.HoldAnswers();
  TestClient first = Loop(options).Connect();
  TestClient second = Loop().Connect();
  first.Send(Post("/1", std::string(100'000, 'a')));
  const std::string refused = second.Ask(Post("/2", std::string(100'000, 'b')));
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(refused, HasSubstr("Retry-After: 1\r\n"));
  EXPECT_THAT(refused, HasSubstr("--max-body-in-flight"));
  handler_.held_replies.at(0).Send({});
  Loop().Turn();
  TestClient third = Loop().Connect();
  third.Send(Post("/3", std::string(100'000, 'c')));
  EXPECT_THAT(handler_.requests, ElementsAre("/1", "/3"));
}

TEST_F(Http1ConnectionTest, RefusesAnswersThatAreLargerThanWhatMayBeUnsent) {
  NetOptions options;
  options.limits.max_body_bytes_in_flight = 150'000;
  TestClient client = Loop(options).Connect();
  handler_.answer = [](HttpRequest, HttpReply reply) { reply.Send({.body = std::string(200'000, 'x')}); };
  const std::string refused = client.Ask(Get("/"));
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 507"));
  EXPECT_THAT(refused, HasSubstr("answer: expected at most 150000 bytes"));
  EXPECT_THAT(refused, HasSubstr("got 200000"));
}

TEST_F(Http1ConnectionTest, DrainingRefusesWhatHasNotComeWhole) {
  TestClient client = Loop().Connect();
  client.Send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf");
  Loop().loop().Drain();
  const std::string refused = client.Receive();
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(refused, HasSubstr("shutting down"));
}

TEST_F(Http1ConnectionTest, HoldsNoBlockWhileIdle) {
  TestClient client = Loop().Connect();
  client.Ask(Post("/", std::string(100'000, 'x')));
  EXPECT_GE(Loop().pool().idle_bytes(), 100'000u + InputBuffer::kBlockBytes) << "all of it is back in the pool";
}

TEST_F(Http1ConnectionTest, DrainingClosesWhatIsIdleAndAnswersWhatIsOwed) {
  handler_.HoldAnswers();
  TestClient idle = Loop().Connect();
  TestClient owed = Loop().Connect();
  owed.Send(kGet);
  Loop().loop().Drain();
  Loop().Turn();
  EXPECT_EQ(idle.Receive(), "");
  EXPECT_TRUE(idle.closed_by_server());
  EXPECT_EQ(owed.Receive(), "");
  EXPECT_FALSE(owed.closed_by_server());
  handler_.held_replies.at(0).Send(Text("bye"));
  Loop().Turn();
  const std::string answer = owed.Receive();
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
  EXPECT_THAT(answer, EndsWith("bye"));
  EXPECT_TRUE(owed.closed_by_server());
}

TEST_F(Http1ConnectionTest, DrainingAnswersWhatHasAlreadyArrived) {
  TestClient client = Loop().Connect();
  Loop().Turn();
  ASSERT_GT(send(client.fd(), kGet, sizeof(kGet) - 1, 0), 0);
  Loop().loop().Drain();
  Loop().Turn();
  EXPECT_THAT(client.Receive(), HasSubstr("200 OK"));
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(Http1ConnectionTest, DrainingClosesAConnectionThatComesLater) {
  Loop().loop().Drain();
  TestClient client = Loop().Connect();
  Loop().Turn();
  client.Receive();
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(Http1ConnectionTest, CountsWhatItDid) {
  TestClient client = Loop().Connect();
  const std::string request = Post("/", "abc");
  const std::string answer = client.Ask(request);
  EXPECT_EQ(Loop().counters().bytes_in, request.size());
  EXPECT_EQ(Loop().counters().bytes_out, answer.size());
  EXPECT_EQ(Loop().counters().connections_open, 1);
  client.HangUp();
  Loop().Turn();
  EXPECT_EQ(Loop().counters().connections_open, 0);
}

}  // namespace
}  // namespace trireme::net
