// SPDX-License-Identifier: Apache-2.0
#include "net/http2_connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "net/testing/scripted_handler.h"
#include "net/testing/test_http2_client.h"

namespace trireme::net {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

HttpResponse Text(std::string body) {
  return {.status = 200, .headers = {}, .body = std::move(body)};
}

std::string LargeText(size_t size) {
  std::string text;
  text.reserve(size + 16);
  for (int i = 0; text.size() < size; ++i) text += std::to_string(i) + ",";
  text.resize(size);
  return text;
}

class Http2ConnectionTest : public testing::Test {
 protected:
  Http2TestLoop& Loop(NetOptions options = {}) {
    if (!loop_) loop_ = std::make_unique<Http2TestLoop>(Reception{.http = &handler_}, std::move(options));
    return *loop_;
  }

  // The reply that was asked for last.
  HttpReply TakeReply() {
    EXPECT_FALSE(handler_.held_replies.empty());
    HttpReply reply = std::move(handler_.held_replies.back());
    handler_.held_replies.pop_back();
    handler_.held_requests.pop_back();
    return reply;
  }

  ScriptedHandler handler_;
  std::unique_ptr<Http2TestLoop> loop_;
};

TEST_F(Http2ConnectionTest, AnswersRequestsOnOneConnection) {
  TestHttp2Client client(Loop({.server_name = "trireme"}));
  const int32_t first = client.Post("/a", "hello");
  EXPECT_EQ(client.response(first).status, 200);
  EXPECT_EQ(client.response(first).body, "hello");
  EXPECT_EQ(client.response(first).header("content-length"), "5");
  EXPECT_EQ(client.response(first).header("server"), "trireme");
  EXPECT_THAT(client.response(first).header("date"), HasSubstr(" GMT"));
  EXPECT_EQ(client.response(first).stream_closed, 0u);
  EXPECT_EQ(client.response(client.Post("/b", "again")).body, "again");
  EXPECT_EQ(client.response(client.Get("/c")).status, 200);
  EXPECT_THAT(handler_.requests, ElementsAre("/a", "/b", "/c"));
  EXPECT_EQ(Loop().counters().requests, 3u);
  EXPECT_EQ(Loop().counters().bad_requests, 0u);
  EXPECT_GT(Loop().counters().bytes_in, 100u);
  EXPECT_GT(Loop().counters().bytes_out, 100u);
}

TEST_F(Http2ConnectionTest, ShowsTheHandlerHeadPeerAndTime) {
  handler_.HoldAnswers();
  TestHttp2Client client(Loop());
  client.Begin("POST", "/a?b", {{"x-y", "z"}}, "c");
  ASSERT_EQ(handler_.held_requests.size(), 1u);
  const HttpRequest& request = handler_.held_requests[0];
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.path, "/a");
  EXPECT_EQ(request.query, "b");
  EXPECT_EQ(*request.Find("x-y"), "z");
  EXPECT_EQ(*request.Find("host"), "example.org");
  EXPECT_EQ(request.peer, "192.0.2.1:4711");
  EXPECT_EQ(request.received, Loop().loop().now());
  EXPECT_EQ(request.tls, nullptr);
  EXPECT_FALSE(request.cancellation.cancelled());
}

TEST_F(Http2ConnectionTest, ReadsAConnectionByteByByte) {
  TestHttp2Client model(Loop());
  model.Post("/a", "hello");
  TestHttp2Client client(Loop());
  handler_.requests.clear();
  const FileDescriptor socket = Loop().Connect();
  for (const char c : model.sent()) {
    ASSERT_EQ(write(socket.get(), &c, 1), 1);
    Loop().Turn();
  }
  EXPECT_THAT(handler_.requests, ElementsAre("/a"));
}

TEST_F(Http2ConnectionTest, TellsItsLimits) {
  TestHttp2Client client(Loop({.limits = {.max_head_bytes = 5000}, .http2 = {.max_concurrent_streams = 7}}));
  EXPECT_EQ(client.server_setting(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS), 7u);
  EXPECT_EQ(client.server_setting(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE), 5000u);
  EXPECT_EQ(client.server_setting(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE), 1u << 20);
}

// Streams.

TEST_F(Http2ConnectionTest, AnswersStreamsInAnyOrder) {
  handler_.HoldAnswers();
  TestHttp2Client client(Loop());
  const int32_t first = client.Get("/1");
  const int32_t second = client.Get("/2");
  ASSERT_EQ(handler_.held_replies.size(), 2u) << "both at a time";
  TakeReply().Send(Text("two"));
  client.Settle();
  EXPECT_EQ(client.response(second).body, "two");
  EXPECT_EQ(client.response(first).status, 0);
  TakeReply().Send(Text("one"));
  client.Settle();
  EXPECT_EQ(client.response(first).body, "one");
}

TEST_F(Http2ConnectionTest, AnswersAThousandStreamsAtOnce) {
  handler_.HoldAnswers();
  TestHttp2Client client(Loop());
  std::vector<int32_t> ids;
  for (int i = 0; i < 1000; ++i) {
    ids.push_back(client.Prepare("POST", "/" + std::to_string(i), {}, "body-" + std::to_string(i)));
  }
  client.Settle();
  ASSERT_EQ(handler_.held_replies.size(), 1000u);
  for (size_t i = 0; i < 1000; ++i) {
    HttpResponse echo;
    echo.parts.push_back({.bytes = handler_.held_requests[i].body, .keep_alive = handler_.held_requests[i].storage});
    handler_.held_replies[i].Send(std::move(echo));
  }
  client.Settle();
  for (size_t i = 0; i < 1000; ++i) EXPECT_EQ(client.response(ids[i]).body, "body-" + std::to_string(i));
  EXPECT_THAT(client.goaways(), IsEmpty());
}

TEST_F(Http2ConnectionTest, EchoesLargeBodiesWithSmallWindows) {
  const std::string body = LargeText(20'000'000);
  TestHttp2Client client(Loop());
  EXPECT_TRUE(client.response(client.Post("/", body)).body == body);
}

TEST_F(Http2ConnectionTest, SendsLargeFramesToThoseWhoTakeThem) {
  const std::string body = LargeText(3'000'000);
  TestHttp2Client client(Loop(), {.stream_window = 4 << 20, .max_frame_size = 1 << 20});
  EXPECT_TRUE(client.response(client.Post("/", body)).body == body);
}

TEST_F(Http2ConnectionTest, EchoesManyLargeBodiesSideBySide) {
  TestHttp2Client client(Loop());
  std::vector<int32_t> ids;
  for (size_t i = 0; i < 20; ++i) ids.push_back(client.Prepare("POST", "/", {}, LargeText(300'000 + i)));
  client.Settle();
  for (size_t i = 0; i < 20; ++i) EXPECT_TRUE(client.response(ids[i]).body == LargeText(300'000 + i));
}

TEST_F(Http2ConnectionTest, LetsASmallAnswerPassALargeOne) {
  handler_.answer = [](HttpRequest request, HttpReply reply) {
    reply.Send(Text(LargeText(request.path == "/large" ? 10'000'000 : 10)));
  };
  TestHttp2Client client(Loop(), {.returns_window = false, .stream_window = 1 << 30});
  client.ReturnWindow(0, 1 << 20);
  const int32_t large = client.Prepare("GET", "/large");
  const int32_t small = client.Prepare("GET", "/small");
  client.Settle();
  EXPECT_TRUE(client.response(small).ended);
  EXPECT_FALSE(client.response(large).ended);
}

TEST_F(Http2ConnectionTest, SharesTheConnectionAmongLargeAnswers) {
  handler_.answer = [](HttpRequest, HttpReply reply) { reply.Send(Text(LargeText(10'000'000))); };
  TestHttp2Client client(Loop(), {.returns_window = false, .stream_window = 1 << 30});
  const int32_t first = client.Prepare("GET", "/1");
  const int32_t second = client.Prepare("GET", "/2");
  client.ReturnWindow(0, 4 << 20);
  EXPECT_GT(client.response(first).body.size(), 1'000'000u);
  EXPECT_GT(client.response(second).body.size(), 1'000'000u);
}

TEST_F(Http2ConnectionTest, RefusesStreamsBeyondTheLimit) {
  handler_.HoldAnswers();
  TestHttp2Client client(Loop({.http2 = {.max_concurrent_streams = 2}}));
  client.Get("/1");
  client.Get("/2");
  // The client knows the limit: it waits by itself.
  const int32_t third = client.Get("/3");
  EXPECT_EQ(handler_.held_replies.size(), 2u);
  TakeReply().Send(Text(""));
  client.Settle();
  EXPECT_THAT(handler_.requests, ElementsAre("/1", "/2", "/3"));
  TakeReply().Send(Text("third"));
  client.Settle();
  EXPECT_EQ(client.response(third).body, "third");
}

// The answers.

TEST_F(Http2ConnectionTest, AnswersHeadWithoutABody) {
  handler_.answer = [](HttpRequest, HttpReply reply) { reply.Send(Text("hello")); };
  TestHttp2Client client(Loop());
  const int32_t id = client.Begin("HEAD", "/");
  EXPECT_EQ(client.response(id).header("content-length"), "5");
  EXPECT_EQ(client.response(id).body, "");
  EXPECT_TRUE(client.response(id).ended);
}

TEST_F(Http2ConnectionTest, GivesNoContentNoLength) {
  handler_.answer = [](HttpRequest, HttpReply reply) { reply.Send({.status = 204}); };
  TestHttp2Client client(Loop());
  const int32_t id = client.Get("/");
  EXPECT_EQ(client.response(id).status, 204);
  EXPECT_EQ(client.response(id).header("content-length"), "");
  EXPECT_TRUE(client.response(id).ended);
}

TEST_F(Http2ConnectionTest, MakesFieldsFitToBeSent) {
  handler_.answer = [](HttpRequest, HttpReply reply) {
    reply.Send({.status = 200, .headers = {{"X-Mixed", " a\r\nb: c\n"}, {"Empty", ""}}});
  };
  TestHttp2Client client(Loop());
  const int32_t id = client.Get("/");
  EXPECT_EQ(client.response(id).header("x-mixed"), "a  b: c");
  EXPECT_EQ(client.response(id).stream_closed, 0u);
}

TEST_F(Http2ConnectionTest, BreaksOffAnAnswerWhoseHeadIsTooLargeToBeSent) {
  handler_.answer = [](HttpRequest, HttpReply reply) {
    HttpResponse response = Text("hello");
    response.headers.emplace_back("x-large", std::string(70'000, 'x'));
    reply.Send(std::move(response));
  };
  TestHttp2Client client(Loop());
  EXPECT_EQ(client.response(client.Get("/1")).stream_closed, uint32_t{NGHTTP2_INTERNAL_ERROR});
  handler_.answer = [](HttpRequest, HttpReply reply) { reply.Send(Text("hello")); };
  EXPECT_EQ(client.response(client.Get("/2")).body, "hello");
}

TEST_F(Http2ConnectionTest, StreamsAnAnswerOfUnknownLength) {
  handler_.HoldAnswers();
  TestHttp2Client client(Loop());
  const int32_t id = client.Get("/");
  HttpReply reply = TakeReply();
  reply.Begin({.status = 200, .headers = {{"Content-Type", "text/event-stream"}}});
  client.Settle();
  EXPECT_EQ(client.response(id).status, 200);
  EXPECT_EQ(client.response(id).header("content-length"), "");
  for (const std::string chunk : {"one ", "two ", "three"}) {
    reply.Write(chunk);
    client.Settle();
    EXPECT_THAT(client.response(id).body, testing::EndsWith(chunk));
  }
  EXPECT_FALSE(client.response(id).ended);
  reply.End();
  client.Settle();
  EXPECT_EQ(client.response(id).body, "one two three");
  EXPECT_EQ(client.response(id).stream_closed, 0u);
}

TEST_F(Http2ConnectionTest, AnswersForAHandlerThatForgets) {
  handler_.answer = [](HttpRequest, HttpReply) {};
  TestHttp2Client client(Loop());
  EXPECT_EQ(client.response(client.Get("/")).status, 500);
}

TEST_F(Http2ConnectionTest, BreaksOffAnAnswerThatIsForgottenHalfWay) {
  handler_.answer = [](HttpRequest, HttpReply reply) {
    reply.Begin({});
    reply.Write("half");
  };
  TestHttp2Client client(Loop());
  const int32_t id = client.Get("/");
  EXPECT_EQ(client.response(id).stream_closed, uint32_t{NGHTTP2_INTERNAL_ERROR});
  EXPECT_EQ(client.response(client.Begin("GET", "/2")).stream_closed, uint32_t{NGHTTP2_INTERNAL_ERROR});
  EXPECT_THAT(client.goaways(), IsEmpty()) << "the connection goes on";
}

TEST_F(Http2ConnectionTest, ResetsAStreamWhoseReaderFallsBehind) {
  handler_.HoldAnswers();
  TestHttp2Client client(Loop({.limits = {.max_unsent_bytes = 100'000}}), {.returns_window = false});
  const int32_t id = client.Get("/");
  HttpReply reply = TakeReply();
  reply.Begin({});
  for (int i = 0; i < 10; ++i) {
    reply.Write(std::string(20'000, 'x'));
    client.Settle();
  }
  EXPECT_EQ(client.response(id).stream_closed, uint32_t{NGHTTP2_CANCEL});
}

TEST_F(Http2ConnectionTest, SendsAPieceThatIsLargerThanMayBeUnsent) {
  handler_.HoldAnswers();
  TestHttp2Client client(Loop({.limits = {.max_unsent_bytes = 100'000}}), {.returns_window = false});
  const int32_t id = client.Get("/");
  HttpReply reply = TakeReply();
  reply.Begin({});
  reply.Write(std::string(300'000, 'x'));
  reply.End();
  client.Settle();
  client.ReturnWindow(0, 300'000);
  client.ReturnWindow(id, 300'000);
  client.Settle();
  EXPECT_EQ(client.response(id).body.size(), 300'000u);
}

TEST_F(Http2ConnectionTest, ResetsAStreamWhoseReaderTakesNothing) {
  handler_.answer = [](HttpRequest, HttpReply reply) { reply.Send(Text(LargeText(1'000'000))); };
  TestHttp2Client client(Loop(), {.returns_window = false});
  const int32_t id = client.Get("/");
  EXPECT_EQ(client.response(id).body.size(), 65'535u);
  Loop().Advance(seconds(19));
  client.ReturnWindow(0, 1000);
  client.ReturnWindow(id, 1000);
  EXPECT_EQ(client.response(id).body.size(), 66'535u);
  Loop().Advance(seconds(19));
  client.Settle();
  EXPECT_FALSE(client.response(id).stream_closed) << "it made progress";
  Loop().Advance(seconds(2));
  client.Settle();
  EXPECT_EQ(client.response(id).stream_closed, uint32_t{NGHTTP2_CANCEL});
}

TEST_F(Http2ConnectionTest, BoundsTheBytesOfUnsentAnswers) {
  handler_.answer = [](HttpRequest, HttpReply reply) { reply.Send(Text(LargeText(1'000'000))); };
  TestHttp2Client client(Loop({.limits = {.max_body_bytes_in_flight = 1'500'000}}), {.returns_window = false});
  EXPECT_EQ(client.response(client.Get("/1")).status, 200);
  const int32_t second = client.Get("/2");
  EXPECT_EQ(client.response(second).status, 503);
  EXPECT_EQ(client.response(second).header("retry-after"), "1");
}

TEST_F(Http2ConnectionTest, BoundsTheBytesOfUnsentStreamedAnswers) {
  handler_.HoldAnswers();
  TestHttp2Client client(Loop({.limits = {.max_body_bytes_in_flight = 400'000}}), {.returns_window = false});
  std::vector<HttpReply> replies;
  const auto stream = [&] {
    const int32_t id = client.Get("/");
    replies.push_back(TakeReply());
    replies.back().Begin({});
    for (int i = 0; i < 15; ++i) replies.back().Write(std::string(20'000, 'x'));
    client.Settle();
    return id;
  };
  const int32_t first = stream();
  EXPECT_FALSE(client.response(first).stream_closed);
  EXPECT_EQ(client.response(stream()).stream_closed, uint32_t{NGHTTP2_CANCEL});
  client.ReturnWindow(0, 300'000);
  client.ReturnWindow(first, 300'000);
  EXPECT_EQ(client.response(first).body.size(), 300'000u);
  EXPECT_FALSE(client.response(stream()).stream_closed) << "what was taken does not count";
}

// The bodies.

TEST_F(Http2ConnectionTest, RefusesByTheHeadWithoutReadingTheBody) {
  handler_.plan = [](const HttpRequest&) { return BodyPlan{.refusal = HttpResponse{.status = 404}}; };
  TestHttp2Client client(Loop());
  const int32_t id = client.Begin("POST", "/", {}, "some", /*end=*/false);
  EXPECT_EQ(client.response(id).status, 404);
  EXPECT_TRUE(client.response(id).ended);
  EXPECT_THAT(handler_.requests, IsEmpty());
}

TEST_F(Http2ConnectionTest, ListensAWhileToAClientThatHasItsAnswerAndStillSends) {
  handler_.plan = [](const HttpRequest&) { return BodyPlan{.refusal = HttpResponse{.status = 404}}; };
  TestHttp2Client client(Loop());
  const int32_t finishing = client.Begin("POST", "/", {}, "some", /*end=*/false);
  const int32_t pausing = client.Begin("POST", "/", {}, "some", /*end=*/false);
  client.SendBody(finishing, LargeText(5'000'000), /*end=*/true);
  EXPECT_EQ(client.response(finishing).stream_closed, uint32_t{NGHTTP2_NO_ERROR});
  EXPECT_FALSE(client.response(pausing).stream_closed);
  Loop().Advance(seconds(3));
  client.Settle();
  EXPECT_EQ(client.response(pausing).stream_closed, uint32_t{NGHTTP2_NO_ERROR}) << "no more is needed";
}

TEST_F(Http2ConnectionTest, RefusesABodyThatIsAnnouncedTooLong) {
  handler_.plan = [](const HttpRequest&) { return BodyPlan{.max_bytes = 10}; };
  TestHttp2Client client(Loop());
  const int32_t id = client.Begin("POST", "/", {{"content-length", "11"}}, "", /*end=*/false);
  EXPECT_EQ(client.response(id).status, 413);
  EXPECT_THAT(client.response(id).body, HasSubstr("at most 10 bytes, got Content-Length 11"));
  EXPECT_EQ(Loop().counters().bad_requests, 1u);
}

TEST_F(Http2ConnectionTest, RefusesABodyThatTurnsOutTooLong) {
  handler_.plan = [](const HttpRequest&) { return BodyPlan{.max_bytes = 10}; };
  TestHttp2Client client(Loop());
  const int32_t id = client.Begin("POST", "/", {}, "0123456789", /*end=*/false);
  EXPECT_EQ(client.response(id).status, 0);
  client.SendBody(id, "!", false);
  EXPECT_EQ(client.response(id).status, 413);
  EXPECT_EQ(client.response(client.Post("/", "0123456789")).status, 200) << "the connection goes on";
}

TEST_F(Http2ConnectionTest, RefusesABodyThatIsNotAsLongAsAnnounced) {
  TestHttp2Client client(Loop());
  const int32_t id = client.Begin("POST", "/", {{"content-length", "5"}}, "four");
  EXPECT_EQ(client.response(id).stream_closed, uint32_t{NGHTTP2_PROTOCOL_ERROR});
  EXPECT_THAT(handler_.requests, IsEmpty());
}

TEST_F(Http2ConnectionTest, AlignsABodyAsItsPlanAsks) {
  handler_.HoldAnswers();
  handler_.plan = [](const HttpRequest&) { return BodyPlan{.max_bytes = 1 << 20, .align_at = 7}; };
  TestHttp2Client client(Loop());
  client.Begin("POST", "/", {{"content-length", "600000"}}, LargeText(600'000));
  client.Begin("POST", "/", {}, LargeText(300'000));
  client.Begin("POST", "/", {}, LargeText(100));
  ASSERT_EQ(handler_.held_requests.size(), 3u);
  for (const HttpRequest& request : handler_.held_requests) {
    EXPECT_EQ(reinterpret_cast<uintptr_t>(request.body.data() + 7) % 64, 0u);
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(request.body.data()), request.body.size()),
              LargeText(request.body.size()));
  }
}

TEST_F(Http2ConnectionTest, BoundsTheBytesOfBodiesInFlight) {
  handler_.answer = [](HttpRequest, HttpReply reply) { reply.Send(Text("thanks")); };
  TestHttp2Client client(Loop({.limits = {.max_body_bytes_in_flight = 500'000}}));
  client.Begin("POST", "/1", {}, LargeText(400'000), /*end=*/false);
  const int32_t second = client.Begin("POST", "/2", {}, LargeText(400'000), /*end=*/false);
  EXPECT_EQ(client.response(second).status, 503);
  EXPECT_THAT(client.response(second).body, HasSubstr("--max-body-in-flight"));
  client.Reset(1);
  EXPECT_EQ(client.response(client.Post("/3", LargeText(400'000))).status, 200);
}

TEST_F(Http2ConnectionTest, TellsAClientThatAsksToGoOn) {
  TestHttp2Client client(Loop());
  const int32_t id = client.Begin("POST", "/", {{"expect", "100-continue"}}, "", /*end=*/false);
  EXPECT_THAT(client.response(id).informational, ElementsAre(100));
  client.SendBody(id, "body", true);
  EXPECT_EQ(client.response(id).body, "body");
}

TEST_F(Http2ConnectionTest, AnswersABodyThatIsTooSlow) {
  TestHttp2Client client(Loop());
  const int32_t stuck = client.Begin("POST", "/", {}, "some", /*end=*/false);
  Loop().Advance(seconds(21));
  client.Settle();
  EXPECT_EQ(client.response(stuck).status, 408);
  EXPECT_THAT(client.response(stuck).body, HasSubstr("stall_timeout"));
  EXPECT_EQ(client.response(client.Get("/")).status, 200) << "the connection goes on";
}

TEST_F(Http2ConnectionTest, DropsTrailers) {
  TestHttp2Client client(Loop());
  const int32_t id = client.Begin("POST", "/", {}, "body", /*end=*/false);
  // Literal field "x: y" without indexing, with END_STREAM and END_HEADERS.
  client.SendRaw(RawFrame(NGHTTP2_HEADERS, 0x5, id, std::string("\0\1x\1y", 5)));
  EXPECT_EQ(client.response(id).body, "body");
}

TEST_F(Http2ConnectionTest, ReturnsTheWindowOfStreamsThatAreGone) {
  handler_.plan = [](const HttpRequest&) { return BodyPlan{.refusal = HttpResponse{.status = 404}}; };
  TestHttp2Client client(Loop({.http2 = {.stream_window_bytes = 100'000, .connection_window_bytes = 100'000}}));
  for (int i = 0; i < 20; ++i) client.Begin("POST", "/", {}, LargeText(90'000), /*end=*/false);
  handler_.plan = ScriptedHandler().plan;
  EXPECT_EQ(client.response(client.Post("/", LargeText(300'000))).body.size(), 300'000u);
}

// Heads.

TEST_F(Http2ConnectionTest, RefusesAHeadThatIsTooLarge) {
  TestHttp2Client client(Loop());
  const int32_t id = client.Begin("GET", "/", {{"x", std::string(20'000, 'x')}});
  EXPECT_EQ(client.response(id).status, 431);
  EXPECT_THAT(client.response(id).body, HasSubstr("max_head_bytes"));
  EXPECT_EQ(client.response(client.Get("/")).status, 200) << "the connection goes on";
}

TEST_F(Http2ConnectionTest, RefusesTooManyHeaders) {
  TestHttp2Client client(Loop());
  Http2Headers headers;
  for (int i = 0; i < 101; ++i) headers.emplace_back("x" + std::to_string(i), "y");
  EXPECT_EQ(client.response(client.Begin("GET", "/", headers)).status, 431);
}

TEST_F(Http2ConnectionTest, ClosesAConnectionWhoseHeadIsABomb) {
  TestHttp2Client client(Loop());
  // One field that is named again and again by its place in the table.
  const std::string value(3000, 'v');
  std::string block = "\x82\x86\x84\x40\x01x";
  block += "\x7f";
  for (size_t rest = value.size() - 127; true; rest >>= 7) {
    block += static_cast<char>(rest >= 128 ? 0x80 | (rest & 0x7f) : rest);
    if (rest < 128) break;
  }
  block += value + std::string(5000, '\xbe');
  client.SendRaw(RawFrame(NGHTTP2_HEADERS, 0x5, 1, block));
  ASSERT_EQ(client.goaways().size(), 1u);
  EXPECT_EQ(client.goaways()[0].error, uint32_t{NGHTTP2_ENHANCE_YOUR_CALM});
  EXPECT_THAT(client.goaways()[0].text, HasSubstr("max_head_bytes"));
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(Http2ConnectionTest, AnswersAFoundWantingTargetOnItsStream) {
  TestHttp2Client client(Loop());
  EXPECT_EQ(client.response(client.Get("/a/../b")).status, 400);
  EXPECT_EQ(client.response(client.Get("/%2e")).status, 400);
  EXPECT_EQ(client.response(client.Begin("OPTIONS", "*")).status, 400);
  EXPECT_EQ(client.response(client.Get("/")).status, 200);
  EXPECT_EQ(Loop().counters().bad_requests, 3u);
}

TEST_F(Http2ConnectionTest, ResetsStreamsWhoseHeadsBreakTheRules) {
  TestHttp2Client client(Loop());
  for (const Http2Headers& headers : std::vector<Http2Headers>{{{"connection", "close"}},
                                                               {{"te", "gzip"}},
                                                               {{"transfer-encoding", "chunked"}},
                                                               {{"content-length", "-1"}}}) {
    const int32_t id = client.Begin("GET", "/", headers);
    EXPECT_EQ(client.response(id).stream_closed, uint32_t{NGHTTP2_PROTOCOL_ERROR}) << headers[0].first;
  }
  EXPECT_EQ(client.response(client.Begin("GET", "/", {{"te", "trailers"}})).status, 200);
  EXPECT_THAT(handler_.requests, ElementsAre("/"));
}

// gRPC.

TEST_F(Http2ConnectionTest, TellsGrpcCallsThatNobodyServesThem) {
  TestHttp2Client client(Loop());
  const int32_t id = client.Begin("POST", "/a.B/C", {{"content-type", "application/grpc+proto"}, {"te", "trailers"}},
                                  std::string(5, '\0'));
  EXPECT_EQ(client.response(id).status, 200);
  EXPECT_EQ(client.response(id).header("grpc-status"), "12");
  EXPECT_EQ(client.response(client.Begin("POST", "/", {{"content-type", "application/grpcx"}}, "x")).body, "x")
      << "something else";
}

// Streams that are taken back.

TEST_F(Http2ConnectionTest, CancelsARequestWhoseStreamIsReset) {
  handler_.HoldAnswers();
  TestHttp2Client client(Loop());
  const int32_t id = client.Get("/");
  ASSERT_EQ(handler_.held_requests.size(), 1u);
  client.Reset(id);
  EXPECT_TRUE(handler_.held_requests[0].cancellation.cancelled());
  TakeReply().Send(Text("into the void"));
  client.Settle();
  EXPECT_EQ(client.response(client.Begin("GET", "/2")).status, 0);
}

TEST_F(Http2ConnectionTest, BearsResetsAtEveryStage) {
  handler_.HoldAnswers();
  TestHttp2Client client(Loop(), {.returns_window = false});
  client.Reset(client.Begin("POST", "/before-the-body", {}, "", /*end=*/false));
  client.Reset(client.Begin("POST", "/in-the-body", {{"content-length", "900000"}}, LargeText(400'000), false));
  EXPECT_THAT(handler_.requests, IsEmpty());
  const int32_t streaming = client.Get("/while-answering");
  HttpReply reply = TakeReply();
  reply.Begin({});
  reply.Write("some");
  client.Settle();
  client.Reset(streaming);
  reply.Write("more");
  reply.End();
  const int32_t sending = client.Get("/while-sending");
  TakeReply().Send(Text(LargeText(1'000'000)));
  client.Settle();
  client.Reset(sending);
  client.ReturnWindow(0, 65'535);
  const int32_t last = client.Get("/last");
  TakeReply().Send(Text("fine"));
  client.Settle();
  EXPECT_EQ(client.response(last).body, "fine");
  EXPECT_THAT(client.goaways(), IsEmpty());
}

TEST_F(Http2ConnectionTest, CancelsEverythingWhenTheClientHangsUp) {
  handler_.HoldAnswers();
  TestHttp2Client client(Loop());
  client.Get("/1");
  client.Get("/2");
  client.Begin("POST", "/3", {}, "half", /*end=*/false);
  EXPECT_EQ(Loop().counters().http2_streams_open, 3);
  client.HangUp();
  Loop().Turn();
  for (const HttpRequest& request : handler_.held_requests) EXPECT_TRUE(request.cancellation.cancelled());
  EXPECT_EQ(Loop().counters().connections_open, 0);
  EXPECT_EQ(Loop().counters().http2_streams_open, 0);
  EXPECT_EQ(Loop().counters().http2_connections_ended, 0u) << "the client ended it";
  for (HttpReply& reply : handler_.held_replies) reply.Send(Text("into the void"));
  Loop().Turn();
}

TEST_F(Http2ConnectionTest, TakesAClientThatSendsNothingMoreForGone) {
  handler_.HoldAnswers();
  TestHttp2Client client(Loop());
  client.Get("/1");
  client.FinishSending();
  EXPECT_TRUE(handler_.held_requests[0].cancellation.cancelled());
  EXPECT_TRUE(client.closed_by_server());
}

// Abuse.

class Http2AbusersTest : public Http2ConnectionTest {
 protected:
  static void ExpectCalmedBy(TestHttp2Client& client, const std::string& limit) {
    client.Settle();
    ASSERT_EQ(client.goaways().size(), 1u);
    EXPECT_EQ(client.goaways()[0].error, uint32_t{NGHTTP2_ENHANCE_YOUR_CALM});
    EXPECT_THAT(client.goaways()[0].text, HasSubstr(limit));
    EXPECT_TRUE(client.closed_by_server());
  }
};

TEST_F(Http2AbusersTest, RapidResetsCloseTheConnection) {
  handler_.HoldAnswers();
  TestHttp2Client client(Loop({.http2 = {.max_resets = 20}}));
  for (int i = 0; i < 20; ++i) client.Reset(client.Get("/"));
  EXPECT_THAT(client.goaways(), IsEmpty());
  client.Reset(client.Get("/"));
  ExpectCalmedBy(client, "max_resets");
}

TEST_F(Http2AbusersTest, ResetsAfterTheAnswerAreNoAbuse) {
  TestHttp2Client client(Loop({.http2 = {.max_resets = 20}}));
  for (int i = 0; i < 100; ++i) client.Reset(client.Get("/"));
  EXPECT_THAT(client.goaways(), IsEmpty());
}

TEST_F(Http2AbusersTest, StreamsBrokenByTheClientsMistakesCountAsResets) {
  handler_.HoldAnswers();
  TestHttp2Client client(Loop({.http2 = {.max_resets = 20}}));
  for (int i = 0; i < 21; ++i) {
    const int32_t id = client.Get("/");
    client.SendRaw(RawFrame(NGHTTP2_WINDOW_UPDATE, 0, id, std::string("\x7f\xff\xff\xff", 4)));
  }
  ExpectCalmedBy(client, "max_resets");
}

TEST_F(Http2AbusersTest, ResetRequestsInHandBoundNewOnes) {
  handler_.HoldAnswers();
  TestHttp2Client client(Loop({.http2 = {.max_concurrent_streams = 10}}));
  for (int i = 0; i < 20; ++i) client.Reset(client.Get("/"));
  EXPECT_EQ(handler_.held_requests.size(), 20u);
  EXPECT_EQ(client.response(client.Get("/")).stream_closed, uint32_t{NGHTTP2_REFUSED_STREAM});
  TakeReply();
  client.Get("/");
  EXPECT_EQ(handler_.held_requests.size(), 20u) << "one has ended, one more may come";
}

TEST_F(Http2AbusersTest, PingsCloseTheConnection) {
  TestHttp2Client client(Loop({.http2 = {.max_pings = 20}}));
  for (int i = 0; i < 20; ++i) client.Ping();
  EXPECT_EQ(client.pings_answered(), 20);
  client.Ping();
  ExpectCalmedBy(client, "max_pings");
}

TEST_F(Http2AbusersTest, APingForEachAnswerIsNoAbuse) {
  TestHttp2Client client(Loop({.http2 = {.max_pings = 20}}));
  for (int i = 0; i < 100; ++i) {
    client.Get("/");
    client.Ping();
  }
  EXPECT_THAT(client.goaways(), IsEmpty());
}

TEST_F(Http2AbusersTest, SettingsCloseTheConnection) {
  TestHttp2Client client(Loop({.http2 = {.max_settings = 20}}));
  for (int i = 0; i < 20; ++i) client.ChangeSettings();
  ExpectCalmedBy(client, "max_settings");
}

TEST_F(Http2AbusersTest, EmptyDataFramesCloseTheConnection) {
  TestHttp2Client client(Loop({.http2 = {.max_empty_frames = 20}}));
  const int32_t id = client.Begin("POST", "/", {}, "x", /*end=*/false);
  for (int i = 0; i < 21; ++i) client.SendRaw(RawFrame(NGHTTP2_DATA, 0, id, ""));
  ExpectCalmedBy(client, "max_empty_frames");
}

TEST_F(Http2AbusersTest, PaddingAloneIsEmptyToo) {
  TestHttp2Client client(Loop({.http2 = {.max_empty_frames = 20}}));
  const int32_t id = client.Begin("POST", "/", {}, "x", /*end=*/false);
  for (int i = 0; i < 21; ++i) client.SendRaw(RawFrame(NGHTTP2_DATA, 0x8, id, std::string("\4\0\0\0\0", 5)));
  ExpectCalmedBy(client, "max_empty_frames");
}

TEST_F(Http2AbusersTest, WindowUpdatesThatNothingEarnedCloseTheConnection) {
  TestHttp2Client client(Loop({.http2 = {.max_empty_frames = 20}}));
  client.Get("/");
  for (int i = 0; i < 30; ++i) client.SendRaw(RawFrame(NGHTTP2_WINDOW_UPDATE, 0, 0, std::string("\0\0\0\1", 4)));
  ExpectCalmedBy(client, "max_empty_frames");
}

TEST_F(Http2AbusersTest, ResetsOfStreamsThatAreOverCloseTheConnection) {
  TestHttp2Client client(Loop({.http2 = {.max_empty_frames = 20}}));
  const int32_t id = client.Get("/");
  for (int i = 0; i < 20; ++i) client.SendRaw(RawFrame(NGHTTP2_RST_STREAM, 0, id, std::string("\0\0\0\x8", 4)));
  EXPECT_THAT(client.goaways(), IsEmpty());
  client.SendRaw(RawFrame(NGHTTP2_RST_STREAM, 0, id, std::string("\0\0\0\x8", 4)));
  ExpectCalmedBy(client, "max_empty_frames");
}

TEST_F(Http2AbusersTest, PrioritiesAndUnknownFramesAreDropped) {
  TestHttp2Client client(Loop());
  for (int i = 0; i < 10; ++i) {
    client.SendRaw(RawFrame(NGHTTP2_PRIORITY, 0, 99, std::string("\0\0\0\0\1", 5)));
    client.SendRaw(RawFrame(0x77, 0, 0, "whatever"));
  }
  EXPECT_EQ(client.response(client.Get("/")).status, 200);
}

TEST_F(Http2AbusersTest, ContinuationsWithoutEndCloseTheConnection) {
  TestHttp2Client client(Loop());
  client.SendRaw(RawFrame(NGHTTP2_HEADERS, 0x1, 1, "\x82\x86\x84"));
  for (int i = 0; i < 100; ++i) client.SendRaw(RawFrame(NGHTTP2_CONTINUATION, 0, 1, ""));
  ExpectCalmedBy(client, "CONTINUATION");
}

TEST_F(Http2AbusersTest, AcknowledgementsThatNobodyReadsCloseTheConnection) {
  NetOptions options{.http2 = {.max_pings = 10'000'000}};
  TestHttp2Client client(Loop(std::move(options)));
  client.Freeze(true);
  std::string pings;
  for (int i = 0; i < 10'000; ++i) pings += RawFrame(NGHTTP2_PING, 0, 0, "12345678");
  for (int i = 0; i < 10; ++i) client.SendRaw(pings);
  client.Freeze(false);
  ExpectCalmedBy(client, "pings");
}

TEST_F(Http2AbusersTest, WorkThatIsHonestIsNoAbuse) {
  TestHttp2Client client(Loop({.http2 = {.max_resets = 3, .max_pings = 3, .max_settings = 3, .max_empty_frames = 3}}));
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(client.response(client.Post("/", LargeText(200'000))).body.size(), 200'000u);
  }
  EXPECT_THAT(client.goaways(), IsEmpty());
}

// Broken connections.

TEST_F(Http2ConnectionTest, EndsAConnectionThatIsNotHttp2) {
  const FileDescriptor socket = Loop().Connect();
  ASSERT_EQ(write(socket.get(), "GET / HTTP/1.1\r\nHost: h\r\n\r\n", 27), 27);
  Loop().Turn();
  Loop().Advance(seconds(3));
  EXPECT_EQ(Loop().counters().connections_open, 0);
  EXPECT_EQ(Loop().counters().bad_requests, 1u);
}

TEST_F(Http2ConnectionTest, SaysWhatIsWrongWithAFrame) {
  TestHttp2Client client(Loop());
  client.SendRaw(RawFrame(NGHTTP2_DATA, 0, 0, "on the connection"));
  ASSERT_EQ(client.goaways().size(), 1u);
  EXPECT_EQ(client.goaways()[0].error, uint32_t{NGHTTP2_PROTOCOL_ERROR});
  EXPECT_TRUE(client.closed_by_server());
  EXPECT_EQ(Loop().counters().http2_connections_ended, 1u);
}

TEST_F(Http2ConnectionTest, LingersForTheGoAwayToArriveAndNoLonger) {
  TestHttp2Client client(Loop());
  client.SendRaw(RawFrame(NGHTTP2_DATA, 0, 0, "x"));
  EXPECT_TRUE(client.closed_by_server()) << "for writing";
  EXPECT_EQ(Loop().counters().connections_open, 1);
  Loop().Advance(seconds(3));
  EXPECT_EQ(Loop().counters().connections_open, 0);
}

// Life.

TEST_F(Http2ConnectionTest, WaitsForAPrefaceNoLongerThanForAHead) {
  const FileDescriptor socket = Loop().Connect();
  Loop().Turn();
  Loop().Advance(milliseconds(9'800));
  EXPECT_EQ(Loop().counters().connections_open, 1);
  Loop().Advance(milliseconds(400));
  Loop().Advance(seconds(3));
  EXPECT_EQ(Loop().counters().connections_open, 0);
}

TEST_F(Http2ConnectionTest, WaitsForTheRestOfAHeadNoLongerThanThat) {
  TestHttp2Client client(Loop());
  client.SendRaw(RawFrame(NGHTTP2_HEADERS, 0x1, 1, "\x82\x86\x84"));
  Loop().Advance(seconds(11));
  client.Settle();
  ASSERT_EQ(client.goaways().size(), 1u);
  EXPECT_THAT(client.goaways()[0].text, HasSubstr("head_timeout"));
}

TEST_F(Http2ConnectionTest, SaysGoodbyeToAnIdleConnection) {
  TestHttp2Client client(Loop());
  client.Get("/");
  Loop().Advance(seconds(74));
  client.Settle();
  EXPECT_THAT(client.goaways(), IsEmpty());
  Loop().Advance(seconds(2));
  client.Settle();
  ASSERT_EQ(client.goaways().size(), 1u);
  EXPECT_EQ(client.goaways()[0].error, 0u);
  EXPECT_EQ(client.goaways()[0].last_stream, 1);
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(Http2ConnectionTest, KeepsAConnectionWithAStreamThatWaits) {
  handler_.HoldAnswers();
  TestHttp2Client client(Loop());
  const int32_t id = client.Get("/");
  Loop().Advance(hours(1));
  TakeReply().Send(Text("at last"));
  client.Settle();
  EXPECT_EQ(client.response(id).body, "at last");
}

TEST_F(Http2ConnectionTest, PingsASilentClientAndGoesOnWhenItAnswers) {
  handler_.HoldAnswers();
  TestHttp2Client client(Loop({.http2 = {.keepalive_time = seconds(60), .keepalive_timeout = seconds(5)}}));
  client.Get("/");
  for (int i = 1; i < 4; ++i) {
    Loop().Advance(seconds(61));
    client.Settle();
    EXPECT_EQ(client.pings_received(), i);
  }
  EXPECT_FALSE(client.closed_by_server());
}

TEST_F(Http2ConnectionTest, CutsOffAClientThatDoesNotAnswerPings) {
  handler_.HoldAnswers();
  TestHttp2Client client(Loop({.http2 = {.keepalive_time = seconds(60), .keepalive_timeout = seconds(5)}}));
  client.Get("/");
  client.Freeze(true);
  Loop().Advance(seconds(61));
  Loop().Advance(seconds(6));
  EXPECT_EQ(Loop().counters().connections_open, 0);
  EXPECT_TRUE(handler_.held_requests[0].cancellation.cancelled());
}

TEST_F(Http2ConnectionTest, ClosesWhenTheSocketTakesNothing) {
  handler_.answer = [](HttpRequest, HttpReply reply) { reply.Send(Text(LargeText(20'000'000))); };
  TestHttp2Client client(Loop(), {.stream_window = 1 << 30});
  client.ReturnWindow(0, 1 << 30);
  client.Freeze(true);
  client.SendRaw(RawFrame(NGHTTP2_HEADERS, 0x5, 1, "\x82\x86\x84\x41\1h"));
  Loop().Advance(seconds(19));
  EXPECT_EQ(Loop().counters().connections_open, 1);
  Loop().Advance(seconds(2));
  EXPECT_EQ(Loop().counters().connections_open, 0);
}

TEST_F(Http2ConnectionTest, RetiresAConnectionThatIsOld) {
  handler_.HoldAnswers();
  TestHttp2Client client(
      Loop({.http2 = {.max_connection_age = seconds(100), .max_connection_age_grace = seconds(10)}}));
  client.Get("/");
  Loop().Advance(seconds(89));
  client.Settle();
  EXPECT_THAT(client.goaways(), IsEmpty());
  Loop().Advance(seconds(22));
  client.Settle();
  ASSERT_EQ(client.goaways().size(), 2u);
  EXPECT_FALSE(client.closed_by_server()) << "a stream is open";
  Loop().Advance(seconds(11));
  client.Settle();
  EXPECT_TRUE(client.closed_by_server()) << "but not for ever";
}

// Draining.

TEST_F(Http2ConnectionTest, DrainsInTwoSteps) {
  handler_.HoldAnswers();
  TestHttp2Client client(Loop());
  const int32_t id = client.Get("/1");
  client.Freeze(true);
  Loop().loop().Drain();
  Loop().Turn();
  client.Freeze(false);
  client.Settle();
  ASSERT_EQ(client.goaways().size(), 2u);
  EXPECT_EQ(client.goaways()[0].last_stream, INT32_MAX) << "first a warning";
  EXPECT_EQ(client.goaways()[0].error, 0u);
  EXPECT_EQ(client.goaways()[1].last_stream, id) << "when that has been seen, the truth";
  EXPECT_FALSE(client.closed_by_server());
  TakeReply().Send(Text("done"));
  client.Settle();
  EXPECT_EQ(client.response(id).body, "done");
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(Http2ConnectionTest, ServesWhatWasSentBeforeTheWarningArrived) {
  handler_.HoldAnswers();
  TestHttp2Client client(Loop());
  client.Get("/1");
  const int32_t late = client.Prepare("GET", "/2");
  Loop().loop().Drain();
  client.Settle();
  ASSERT_EQ(handler_.held_replies.size(), 2u);
  TakeReply().Send(Text("late"));
  TakeReply().Send(Text("first"));
  client.Settle();
  EXPECT_EQ(client.response(late).body, "late");
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(Http2ConnectionTest, DrainsWithoutTheClientsHelp) {
  handler_.HoldAnswers();
  TestHttp2Client client(Loop());
  client.Get("/1");
  client.Freeze(true);
  Loop().loop().Drain();
  Loop().Advance(seconds(2));
  TakeReply().Send(Text("done"));
  Loop().Turn();
  Loop().Advance(seconds(3));
  EXPECT_EQ(Loop().counters().connections_open, 0);
}

TEST_F(Http2ConnectionTest, ClosesAnIdleConnectionThatDrains) {
  TestHttp2Client client(Loop());
  client.Get("/");
  Loop().loop().Drain();
  client.Settle();
  ASSERT_EQ(client.goaways().size(), 1u);
  EXPECT_EQ(client.goaways()[0].last_stream, 1);
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(Http2ConnectionTest, CutsOffWithStreamsOpen) {
  handler_.HoldAnswers();
  TestHttp2Client client(Loop());
  client.Get("/");
  client.Begin("POST", "/", {}, "half", /*end=*/false);
  loop_.reset();
  for (const HttpRequest& request : handler_.held_requests) EXPECT_TRUE(request.cancellation.cancelled());
}

}  // namespace
}  // namespace trireme::net
