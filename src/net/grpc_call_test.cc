// SPDX-License-Identifier: Apache-2.0
#include "net/grpc_call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/gzip.h"
#include "net/grpc_framing.h"
#include "net/testing/fake_http2_stream.h"
#include "net/testing/scripted_grpc_handler.h"

namespace trireme::net {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::StartsWith;

constexpr int kOk = 0;
constexpr int kInvalidArgument = 3;
constexpr int kDeadlineExceeded = 4;
constexpr int kResourceExhausted = 8;
constexpr int kUnimplemented = 12;
constexpr int kInternal = 13;

std::string Framed(std::string_view message, bool compressed = false) {
  const auto prefix = GrpcPrefix(compressed, static_cast<uint32_t>(message.size()));
  return std::string(prefix.data(), prefix.size()) + std::string(message);
}

std::string Zipped(std::string_view message, DeflatedForm form = DeflatedForm::kGzip) {
  return Framed(Deflate(std::span(&message, 1), form), /*compressed=*/true);
}

GrpcPayload Payload(std::string text) {
  return {.text = std::move(text), .inserts = {}};
}

GrpcStatus Status(GrpcCode code, std::string message) {
  return {.code = code, .message = std::move(message), .metadata = {}};
}

class GrpcCallTest : public testing::Test {
 protected:
  explicit GrpcCallTest(NetOptions options = {}) : connection_(std::move(options)) {}
  ~GrpcCallTest() override { EXPECT_EQ(stream_.words_after_end, 0); }

  void OpenUnary(HttpRequest head = FakeHttp2Stream::Head()) { stream_.Open(handler_, std::move(head)); }
  void OpenStream(HttpRequest head = FakeHttp2Stream::Head()) {
    handler_.plan.streams = true;
    stream_.Open(handler_, std::move(head));
  }
  void Call(std::string_view message, HttpRequest head = FakeHttp2Stream::Head()) {
    OpenUnary(std::move(head));
    stream_.Data(Framed(message));
    stream_.End();
  }
  GrpcReply& reply() { return handler_.held_replies.front(); }
  const Cancellation& cancellation() { return handler_.held_heads.front().http.cancellation; }

  FakeHttp2Connection connection_;
  ScriptedGrpcHandler handler_;
  FakeHttp2Stream stream_{connection_};
};

// Unary calls.

TEST_F(GrpcCallTest, AnswersACall) {
  Call("ping");
  EXPECT_THAT(handler_.messages, ElementsAre("ping"));
  EXPECT_EQ(stream_.status, 0);
  reply().Finish(Payload("pong"));
  EXPECT_EQ(stream_.status, 200);
  EXPECT_THAT(stream_.headers, ElementsAre(Pair("content-type", "application/grpc")));
  EXPECT_EQ(stream_.data, Framed("pong"));
  EXPECT_THAT(stream_.trailers, ElementsAre(Pair("grpc-status", "0")));
  EXPECT_TRUE(stream_.ended);
  EXPECT_EQ(stream_.reset, std::nullopt);
  EXPECT_EQ(stream_.consumed, 9U);
  EXPECT_FALSE(cancellation().cancelled());
}

TEST_F(GrpcCallTest, AnErrorTravelsInTrailersOnly) {
  Call("ping");
  reply().Finish(Status(GrpcCode::kNotFound, "no model '\xc3\xbc'"));
  EXPECT_EQ(stream_.status, 0);
  EXPECT_THAT(stream_.trailers, ElementsAre(Pair("content-type", "application/grpc"), Pair("grpc-status", "5"),
                                            Pair("grpc-message", "no model '%C3%BC'")));
  EXPECT_EQ(stream_.reset, std::nullopt);
}

TEST_F(GrpcCallTest, AnswersWithManyMessages) {
  Call("ping");
  reply().Send(Payload("one"));
  reply().Send(Payload(""));
  reply().Send(Payload("three"));
  EXPECT_FALSE(stream_.ended);
  reply().Finish(GrpcStatus());
  EXPECT_EQ(stream_.data, Framed("one") + Framed("") + Framed("three"));
  EXPECT_EQ(stream_.grpc_status(), kOk);
}

TEST_F(GrpcCallTest, PiecesKeepTheirPlaceBehindThePrefix) {
  Call("ping");
  const std::string large(40'000, 'l');
  for (const std::string& text : {std::string("head tail"), std::string(30'000, 't')}) {
    GrpcPayload payload = Payload(text);
    payload.inserts.push_back({.at = 5, .part = {.bytes = std::as_bytes(std::span(large)), .keep_alive = nullptr}});
    stream_.data.clear();
    reply().Send(std::move(payload));
    EXPECT_EQ(stream_.data, Framed(text.substr(0, 5) + large + text.substr(5)));
  }
}

TEST_F(GrpcCallTest, WaitsForTheClientsEnd) {
  OpenUnary();
  stream_.Data(Framed("ping"));
  EXPECT_TRUE(handler_.messages.empty());
  stream_.End();
  EXPECT_THAT(handler_.messages, ElementsAre("ping"));
}

TEST_F(GrpcCallTest, ReadsAMessageInCrumbs) {
  OpenUnary();
  for (const char c : Framed("ping")) stream_.Data(std::string_view(&c, 1));
  stream_.End();
  EXPECT_THAT(handler_.messages, ElementsAre("ping"));
  EXPECT_EQ(stream_.consumed, 9U);
}

TEST_F(GrpcCallTest, AnEmptyMessageIsAMessage) {
  Call("");
  EXPECT_THAT(handler_.messages, ElementsAre(""));
}

TEST_F(GrpcCallTest, RefusesACallWithoutAMessage) {
  stream_.Open(handler_, FakeHttp2Stream::Head(), /*end=*/true);
  EXPECT_EQ(stream_.grpc_status(), kInvalidArgument);
  EXPECT_EQ(stream_.grpc_message(), "request: expected one message, got none");
  EXPECT_EQ(stream_.reset, std::nullopt);
}

TEST_F(GrpcCallTest, RefusesASecondMessage) {
  OpenUnary();
  stream_.Data(Framed("one") + Framed("two"));
  EXPECT_EQ(stream_.grpc_status(), kInvalidArgument);
  EXPECT_EQ(stream_.grpc_message(), "request: expected one message, got more behind it");
  EXPECT_EQ(stream_.reset, 0U);
  EXPECT_TRUE(handler_.messages.empty());
  stream_.Data("what is on its way still");
  stream_.End();
  EXPECT_EQ(stream_.consumed, 16U + 24U);
}

TEST_F(GrpcCallTest, RefusesHalfAMessage) {
  OpenUnary();
  stream_.Data(Framed("half a message").substr(0, 11));
  stream_.End();
  EXPECT_EQ(stream_.grpc_status(), kInvalidArgument);
  EXPECT_EQ(stream_.grpc_message(), "message: expected 14 bytes as its prefix says, got 6 and the end of the stream");
}

TEST_F(GrpcCallTest, RefusesWhatIsTooLargeAtItsPrefix) {
  handler_.plan.max_message_bytes = 1000;
  OpenUnary();
  stream_.Data(Framed(std::string(1001, 'x')).substr(0, 5));
  EXPECT_EQ(stream_.grpc_status(), kResourceExhausted);
  EXPECT_EQ(stream_.grpc_message(),
            "message: expected at most 1000 bytes (--http-max-input-size, --max-body-in-flight or half of --budget), "
            "got 1001");
  EXPECT_EQ(stream_.reset, 0U);
}

TEST_F(GrpcCallTest, AnAnswerBeforeTheEndOfTheRequestEndsTheRequest) {
  OpenStream();
  stream_.Data(Framed("one"));
  reply().Finish(Status(GrpcCode::kAborted, "enough"));
  EXPECT_EQ(stream_.grpc_status(), 10);
  EXPECT_EQ(stream_.reset, 0U);
  stream_.Data(Framed("two"));
  stream_.End();
  EXPECT_THAT(handler_.messages, ElementsAre("one"));
  EXPECT_EQ(handler_.ends, 0);
}

TEST_F(GrpcCallTest, AReplyThatIsLostIsAnError) {
  Call("ping");
  handler_.held_replies.clear();
  EXPECT_EQ(stream_.grpc_status(), kInternal);
}

// Heads.

TEST_F(GrpcCallTest, TheHandlerRefusesByTheHead) {
  handler_.plan.refusal = Status(GrpcCode::kUnimplemented, "no such method");
  OpenUnary();
  EXPECT_EQ(stream_.grpc_status(), kUnimplemented);
  EXPECT_EQ(stream_.reset, 0U);
  EXPECT_THAT(handler_.heads, ElementsAre("/test.Service/Method"));
}

TEST_F(GrpcCallTest, OtherContentTypesGetTheStatusOfHttp) {
  for (const char* type : {"application/grpc-web", "application/grpc-web+proto", "application/grpc+json",
                           "application/grpcx", "application/grpc+"}) {
    FakeHttp2Stream stream(connection_);
    stream.Open(handler_, FakeHttp2Stream::Head({{"content-type", type}}));
    EXPECT_EQ(stream.status, 415) << type;
    EXPECT_EQ(stream.grpc_status(), kUnimplemented);
    EXPECT_TRUE(stream.ended);
    EXPECT_EQ(stream.reset, 0U);
    stream.Data("anything");
    stream.End();
  }
  EXPECT_TRUE(handler_.heads.empty());
}

TEST_F(GrpcCallTest, ProtobufMayBeNamed) {
  for (const char* type :
       {"application/grpc+proto", "application/grpc;charset=utf-8", "Application/gRPC+Proto ; x=y"}) {
    FakeHttp2Stream stream(connection_);
    stream.Open(handler_, FakeHttp2Stream::Head({{"content-type", type}}));
    EXPECT_EQ(stream.status, 0) << type;
  }
}

TEST_F(GrpcCallTest, CallsArePosted) {
  HttpRequest head = FakeHttp2Stream::Head();
  head.method = "GET";
  OpenUnary(std::move(head));
  EXPECT_EQ(stream_.status, 405);
}

TEST_F(GrpcCallTest, RefusesATimeoutThatItCannotRead) {
  OpenUnary(FakeHttp2Stream::Head({{"grpc-timeout", "soon"}}));
  EXPECT_EQ(stream_.grpc_status(), kInvalidArgument);
  EXPECT_THAT(stream_.grpc_message(), StartsWith("grpc-timeout: "));
}

TEST_F(GrpcCallTest, RefusesAnEncodingThatItDoesNotKnowAndSaysWhichItKnows) {
  OpenUnary(FakeHttp2Stream::Head({{"grpc-encoding", "br"}}));
  EXPECT_EQ(stream_.grpc_status(), kUnimplemented);
  EXPECT_EQ(stream_.Find("grpc-accept-encoding"), "identity, deflate, gzip");
}

// Deadlines and clients that go.

TEST_F(GrpcCallTest, TellsTheHandlerItsDeadline) {
  Call("ping", FakeHttp2Stream::Head({{"grpc-timeout", "150m"}}));
  EXPECT_EQ(handler_.held_heads.front().deadline, connection_.loop().now() + milliseconds(150));
}

TEST_F(GrpcCallTest, ADeadlineEndsTheCallAtOnce) {
  Call("ping", FakeHttp2Stream::Head({{"grpc-timeout", "150m"}}));
  stream_.PassTime(milliseconds(149));
  EXPECT_FALSE(stream_.ended);
  EXPECT_FALSE(cancellation().cancelled());
  stream_.PassTime(milliseconds(1));
  EXPECT_EQ(stream_.grpc_status(), kDeadlineExceeded);
  EXPECT_TRUE(cancellation().cancelled());
  EXPECT_EQ(stream_.reset, std::nullopt);
  reply().Send(Payload("late"));
  reply().Finish(Payload("later"));
  EXPECT_EQ(stream_.data, "");
}

TEST_F(GrpcCallTest, ADeadlinePassesAlsoBetweenMessages) {
  OpenStream(FakeHttp2Stream::Head({{"grpc-timeout", "1S"}}));
  reply().Send(Payload("one"));
  stream_.PassTime(seconds(1));
  EXPECT_EQ(stream_.grpc_status(), kDeadlineExceeded);
  EXPECT_EQ(stream_.reset, 0U);
}

TEST_F(GrpcCallTest, ADeadlineThatHasPassedRefusesTheCall) {
  OpenUnary(FakeHttp2Stream::Head({{"grpc-timeout", "0n"}}));
  EXPECT_EQ(stream_.grpc_status(), kDeadlineExceeded);
  EXPECT_TRUE(handler_.heads.empty());
}

TEST_F(GrpcCallTest, ClientsThatGoCancelTheirCall) {
  Call("ping");
  stream_.Gone();
  EXPECT_TRUE(cancellation().cancelled());
  reply().Send(Payload("to nobody"));
  reply().Pause(true);
  reply().Finish(Payload("to nobody"));
  EXPECT_EQ(stream_.data, "");
  EXPECT_FALSE(stream_.ended);
}

TEST_F(GrpcCallTest, AMessageOutlivesItsStream) {
  Call(std::string(100'000, 'x'));
  stream_.Gone();
  EXPECT_EQ(ScriptedGrpcHandler::Text(handler_.held_messages.front()), std::string(100'000, 'x'));
}

TEST_F(GrpcCallTest, MayEndAtEveryStage) {
  const std::string bytes = Framed("one") + Zipped(std::string(2'000'000, 'z'));
  for (const bool streams : {false, true}) {
    handler_.plan.streams = streams;
    for (size_t size = 0; size <= bytes.size(); size += size < 20 ? 1 : 97) {
      FakeHttp2Stream stream(connection_);
      stream.Open(handler_, FakeHttp2Stream::Head({{"grpc-encoding", "gzip"}}));
      stream.Data(bytes.substr(0, size));
      stream.Gone();
      handler_.held_replies.clear();
      EXPECT_FALSE(stream.ended && stream.words_after_end > 0);
    }
  }
}

TEST_F(GrpcCallTest, ABodyThatStallsIsGivenUp) {
  OpenUnary();
  stream_.Data(Framed("ping").substr(0, 6));
  stream_.PassTime(seconds(19));
  EXPECT_FALSE(stream_.ended);
  stream_.PassTime(seconds(1));
  EXPECT_EQ(stream_.grpc_status(), kDeadlineExceeded);
  EXPECT_THAT(stream_.grpc_message(), HasSubstr("stall_timeout"));
}

TEST_F(GrpcCallTest, ABodyThatComesTooSlowlyIsGivenUp) {
  OpenUnary();
  stream_.Data(Framed(std::string(1 << 20, 'x')).substr(0, 5));
  for (int i = 0; i < 30 && !stream_.ended; ++i) {
    stream_.Data("x");
    stream_.PassTime(seconds(1));
  }
  EXPECT_EQ(stream_.grpc_status(), kDeadlineExceeded);
}

TEST_F(GrpcCallTest, AStreamMayBeIdleForEver) {
  OpenStream();
  stream_.Data(Framed("one"));
  stream_.PassTime(hours(100));
  stream_.Data(Framed("two"));
  stream_.PassTime(hours(100));
  EXPECT_FALSE(stream_.ended);
  stream_.Data(Framed("three").substr(0, 7));
  stream_.PassTime(seconds(19));
  EXPECT_FALSE(stream_.ended);
  stream_.PassTime(seconds(1));
  EXPECT_EQ(stream_.grpc_status(), kDeadlineExceeded);
}

TEST_F(GrpcCallTest, WhoWaitsForTheModelIsNotTooSlow) {
  Call("ping");
  stream_.PassTime(hours(1));
  EXPECT_FALSE(stream_.ended);
}

TEST_F(GrpcCallTest, AnAnswerThatNobodyTakesIsDroppedInTheEnd) {
  Call("ping");
  reply().Finish(Payload("pong"));
  stream_.PassTime(seconds(19));
  stream_.Take(1);
  stream_.PassTime(seconds(19));
  EXPECT_EQ(stream_.reset, std::nullopt);
  stream_.PassTime(seconds(1));
  EXPECT_EQ(stream_.reset, 8U);
}

// Streams.

TEST_F(GrpcCallTest, AStreamIsToldOfEachMessageAndTheEnd) {
  OpenStream();
  stream_.Data(Framed("one") + Framed("") + Framed("three").substr(0, 6));
  EXPECT_THAT(handler_.messages, ElementsAre("one", ""));
  stream_.Data(Framed("three").substr(6));
  EXPECT_EQ(handler_.ends, 0);
  stream_.End();
  EXPECT_THAT(handler_.messages, ElementsAre("one", "", "three"));
  EXPECT_EQ(handler_.ends, 1);
  reply().Finish(GrpcStatus());
  EXPECT_EQ(stream_.grpc_status(), kOk);
  EXPECT_EQ(stream_.reset, std::nullopt);
  stream_.Destroy();
  EXPECT_EQ(handler_.receivers_destroyed, 1);
}

TEST_F(GrpcCallTest, AStreamMayBeEmpty) {
  handler_.plan.streams = true;
  stream_.Open(handler_, FakeHttp2Stream::Head(), /*end=*/true);
  EXPECT_EQ(handler_.ends, 1);
}

TEST_F(GrpcCallTest, AStreamThatEndsInsideAMessageIsRefused) {
  OpenStream();
  stream_.Data(Framed("one") + std::string(3, '\0'));
  stream_.End();
  EXPECT_THAT(handler_.messages, ElementsAre("one"));
  EXPECT_EQ(handler_.ends, 0);
  EXPECT_EQ(stream_.grpc_status(), kInvalidArgument);
  EXPECT_EQ(stream_.grpc_message(), "message: expected 5 bytes of prefix, got 3 and the end of the stream");
  EXPECT_TRUE(cancellation().cancelled());
}

TEST_F(GrpcCallTest, AReceiverMayFinishInsideAMessage) {
  OpenStream();
  handler_.on_message = [&](const std::string&) { reply().Finish(Status(GrpcCode::kNotFound, "no")); };
  stream_.Data(Framed("one") + Framed("two"));
  EXPECT_THAT(handler_.messages, ElementsAre("one"));
  EXPECT_EQ(stream_.grpc_status(), 5);
  EXPECT_EQ(stream_.consumed, 16U);
}

TEST_F(GrpcCallTest, APauseHoldsTheClientBack) {
  OpenStream();
  handler_.on_message = [&](const std::string&) { reply().Pause(true); };
  stream_.Data(Framed("one") + Framed("two"));
  stream_.Data(Framed("three").substr(0, 6));
  stream_.Data(Framed("three").substr(6));
  stream_.End();
  EXPECT_THAT(handler_.messages, ElementsAre("one"));
  EXPECT_EQ(stream_.consumed, 8U);

  reply().Pause(false);
  EXPECT_THAT(handler_.messages, ElementsAre("one")) << "not inside of what the handler does";
  connection_.Turn();
  EXPECT_THAT(handler_.messages, ElementsAre("one", "two"));
  EXPECT_EQ(stream_.consumed, 16U);

  handler_.on_message = nullptr;
  reply().Pause(false);
  connection_.Turn();
  EXPECT_THAT(handler_.messages, ElementsAre("one", "two", "three"));
  EXPECT_EQ(stream_.consumed, 26U);
  EXPECT_EQ(handler_.ends, 1);
}

TEST_F(GrpcCallTest, WhatComesBeforeAPauseIsOverKeepsItsOrder) {
  OpenStream();
  reply().Pause(true);
  stream_.Data(Framed("one"));
  reply().Pause(false);
  stream_.Data(Framed("two"));
  stream_.End();
  EXPECT_TRUE(handler_.messages.empty());
  connection_.Turn();
  EXPECT_THAT(handler_.messages, ElementsAre("one", "two"));
  EXPECT_EQ(handler_.ends, 1);
}

TEST_F(GrpcCallTest, APauseMayBeTakenBackInsideAMessage) {
  OpenStream();
  handler_.on_message = [&](const std::string&) {
    reply().Pause(true);
    reply().Pause(false);
  };
  stream_.Data(Framed("one") + Framed("two"));
  EXPECT_THAT(handler_.messages, ElementsAre("one", "two"));
}

TEST_F(GrpcCallTest, ACallMayEndWhileItIsPaused) {
  OpenStream();
  reply().Pause(true);
  stream_.Data(Framed("one"));
  reply().Pause(false);
  reply().Finish(GrpcStatus());
  EXPECT_EQ(stream_.consumed, 8U);
  connection_.Turn();
  EXPECT_TRUE(handler_.messages.empty());
}

TEST_F(GrpcCallTest, ALostStreamForgetsItsPause) {
  OpenStream();
  reply().Pause(true);
  stream_.Data(Framed("one"));
  reply().Pause(false);
  stream_.Gone();
  connection_.Turn();
  EXPECT_TRUE(handler_.messages.empty());
}

// Compression.

TEST_F(GrpcCallTest, ReadsCompressedMessages) {
  OpenStream(FakeHttp2Stream::Head({{"grpc-encoding", "gzip"}}));
  stream_.Data(Zipped("one") + Framed("plain") + Zipped(std::string(1 << 20, 'x')) + Framed("last"));
  EXPECT_THAT(handler_.messages, ElementsAre("one", "plain", std::string(1 << 20, 'x'), "last"));

  FakeHttp2Stream deflated(connection_);
  deflated.Open(handler_, FakeHttp2Stream::Head({{"grpc-encoding", "deflate"}}));
  deflated.Data(Zipped("deflated", DeflatedForm::kZlib));
  EXPECT_EQ(handler_.messages.back(), "deflated");
}

TEST_F(GrpcCallTest, ACompressedMessageNeedsAnEncoding) {
  for (const auto& headers : {std::vector<std::pair<std::string, std::string>>{}, {{"grpc-encoding", "identity"}}}) {
    FakeHttp2Stream stream(connection_);
    stream.Open(handler_, FakeHttp2Stream::Head(headers));
    stream.Data(Zipped("one"));
    EXPECT_EQ(stream.grpc_status(), kInternal) << "as the protocol asks";
    EXPECT_THAT(stream.grpc_message(), HasSubstr("grpc-encoding"));
  }
}

TEST_F(GrpcCallTest, BrokenCompressionIsTheClientsMistake) {
  OpenUnary(FakeHttp2Stream::Head({{"grpc-encoding", "gzip"}}));
  stream_.Data(Framed("no gzip", /*compressed=*/true));
  EXPECT_EQ(stream_.grpc_status(), kInvalidArgument);
}

TEST_F(GrpcCallTest, WhatInflatesTooFarIsRefused) {
  handler_.plan.max_message_bytes = 1 << 20;
  OpenUnary(FakeHttp2Stream::Head({{"grpc-encoding", "gzip"}}));
  stream_.Data(Zipped(std::string((1 << 20) + 1, 'x')));
  EXPECT_EQ(stream_.grpc_status(), kResourceExhausted);
  EXPECT_THAT(stream_.grpc_message(), HasSubstr("--http-max-input-size"));
}

TEST_F(GrpcCallTest, AnswersAreNotCompressedUnlessTheServerSaysSo) {
  Call("ping", FakeHttp2Stream::Head({{"grpc-accept-encoding", "gzip"}}));
  reply().Finish(Payload(std::string(10'000, 'x')));
  EXPECT_EQ(stream_.data, Framed(std::string(10'000, 'x')));
}

// A server with workers, whose jobs wait until the test lets them run.
class GrpcCallOffloadTest : public GrpcCallTest {
 protected:
  GrpcCallOffloadTest() : GrpcCallTest(Options()) {}

  NetOptions Options() {
    return {.offload =
                [this](std::function<void()> job) {
                  if (refuses_) return false;
                  jobs_.push_back(std::move(job));
                  return true;
                },
            .grpc_compression = true};
  }
  void RunJob() {
    ASSERT_FALSE(jobs_.empty());
    const auto job = std::move(jobs_.front());
    jobs_.erase(jobs_.begin());
    job();
    connection_.Turn();
  }
  // A message as the client reads it.
  static std::string Inflated(std::string_view compressed) {
    MemoryPool pool;
    Inflater inflater(std::as_bytes(std::span(compressed)), DeflatedForm::kGzip, {}, pool);
    EXPECT_TRUE(*inflater.Run());
    return {reinterpret_cast<const char*>(inflater.bytes().data()), inflater.bytes().size()};
  }

  std::vector<std::function<void()>> jobs_;
  bool refuses_ = false;
};

TEST_F(GrpcCallOffloadTest, LongMessagesAreInflatedElsewhereInOrder) {
  const std::string text(1 << 20, 'x');
  OpenStream(FakeHttp2Stream::Head({{"grpc-encoding", "gzip"}}));
  stream_.Data(Framed("one") + Zipped(text) + Framed("three"));
  stream_.Data(Zipped(text + "4"));
  stream_.End();
  EXPECT_THAT(handler_.messages, ElementsAre("one"));
  const size_t consumed = stream_.consumed;
  RunJob();
  EXPECT_THAT(handler_.messages, ElementsAre("one", text, "three"));
  EXPECT_GT(stream_.consumed, consumed);
  EXPECT_EQ(handler_.ends, 0);
  RunJob();
  EXPECT_THAT(handler_.messages, ElementsAre("one", text, "three", text + "4"));
  EXPECT_EQ(handler_.ends, 1);
}

TEST_F(GrpcCallOffloadTest, ACallIsMadeWhenItsMessageIsInflated) {
  const std::string text(1 << 20, 'x');
  OpenUnary(FakeHttp2Stream::Head({{"grpc-encoding", "gzip"}}));
  stream_.Data(Zipped(text));
  stream_.End();
  EXPECT_TRUE(handler_.messages.empty());
  RunJob();
  EXPECT_THAT(handler_.messages, ElementsAre(text));
  reply().Finish(GrpcStatus());
  EXPECT_EQ(stream_.grpc_status(), kOk);
}

TEST_F(GrpcCallOffloadTest, ACallMayBeGoneWhenItsMessageIsInflated) {
  OpenUnary(FakeHttp2Stream::Head({{"grpc-encoding", "gzip"}, {"grpc-timeout", "1S"}}));
  stream_.Data(Zipped(std::string(1 << 20, 'x')));
  stream_.PassTime(seconds(1));
  EXPECT_EQ(stream_.grpc_status(), kDeadlineExceeded);
  stream_.Gone();
  RunJob();
  EXPECT_TRUE(handler_.messages.empty());
}

TEST_F(GrpcCallOffloadTest, ACallWhoseMessageNobodyHasTimeToInflateIsRefused) {
  refuses_ = true;
  OpenUnary(FakeHttp2Stream::Head({{"grpc-encoding", "gzip"}}));
  stream_.Data(Zipped(std::string(1 << 20, 'x')));
  EXPECT_EQ(stream_.grpc_status(), kResourceExhausted);
}

TEST_F(GrpcCallOffloadTest, WhatIsBehindTheMessageOfACallIsRefusedWhenItIsInflated) {
  OpenUnary(FakeHttp2Stream::Head({{"grpc-encoding", "gzip"}}));
  stream_.Data(Zipped(std::string(1 << 20, 'x')) + "more");
  stream_.End();
  RunJob();
  EXPECT_EQ(stream_.grpc_status(), kInvalidArgument);
  EXPECT_TRUE(handler_.messages.empty());
}

TEST_F(GrpcCallOffloadTest, AnswersAreCompressedForClientsThatTakeIt) {
  const std::string text(10'000, 'x');
  Call("ping", FakeHttp2Stream::Head({{"grpc-accept-encoding", "identity,gzip"}}));
  reply().Send(Payload("short"));
  EXPECT_EQ(stream_.Find("grpc-encoding"), "gzip");
  EXPECT_EQ(stream_.data, Framed("short"));
  stream_.data.clear();
  reply().Finish(Payload(text));
  ASSERT_GT(stream_.data.size(), 5U);
  EXPECT_EQ(stream_.data[0], '\1');
  EXPECT_EQ(Inflated(stream_.data.substr(5)), text);
  EXPECT_EQ(stream_.grpc_status(), kOk);
}

TEST_F(GrpcCallOffloadTest, OtherClientsGetThemAsTheyAre) {
  Call("ping", FakeHttp2Stream::Head({{"grpc-accept-encoding", "identity, br"}}));
  reply().Finish(Payload(std::string(10'000, 'x')));
  EXPECT_EQ(stream_.data, Framed(std::string(10'000, 'x')));
  EXPECT_EQ(stream_.Find("grpc-encoding"), "");
}

TEST_F(GrpcCallOffloadTest, LongAnswersAreCompressedElsewhereInOrder) {
  const std::string text(100'000, 'x');
  Call("ping", FakeHttp2Stream::Head({{"grpc-accept-encoding", "gzip"}}));
  GrpcPayload first = Payload("<>");
  first.inserts.push_back({.at = 1, .part = {.bytes = std::as_bytes(std::span(text)), .keep_alive = nullptr}});
  reply().Send(std::move(first));
  reply().Send(Payload("second"));
  reply().Send(Payload(text));
  reply().Finish(GrpcStatus());
  EXPECT_EQ(stream_.data, "");
  EXPECT_FALSE(stream_.ended);
  RunJob();
  ASSERT_TRUE(stream_.data.ends_with(Framed("second")));
  EXPECT_EQ(Inflated(stream_.data.substr(5, stream_.data.size() - 16)), "<" + text + ">");
  EXPECT_FALSE(stream_.ended);
  stream_.data.clear();
  RunJob();
  EXPECT_EQ(Inflated(stream_.data.substr(5)), text);
  EXPECT_EQ(stream_.grpc_status(), kOk);
  EXPECT_EQ(stream_.reset, std::nullopt);
}

TEST_F(GrpcCallOffloadTest, LongAnswersGoOutPlainWhenNobodyHasTimeToCompressThem) {
  refuses_ = true;
  Call("ping", FakeHttp2Stream::Head({{"grpc-accept-encoding", "gzip"}}));
  reply().Finish(Payload(std::string(100'000, 'x')));
  EXPECT_EQ(stream_.data, Framed(std::string(100'000, 'x')));
  EXPECT_EQ(stream_.grpc_status(), kOk);
}

TEST_F(GrpcCallOffloadTest, ACallMayBeGoneWhenItsAnswerIsCompressed) {
  Call("ping", FakeHttp2Stream::Head({{"grpc-accept-encoding", "gzip"}}));
  reply().Finish(Payload(std::string(100'000, 'x')));
  stream_.Gone();
  RunJob();
  EXPECT_EQ(stream_.data, "");
}

// Memory.

class GrpcCallMemoryTest : public GrpcCallTest {
 protected:
  GrpcCallMemoryTest() : GrpcCallTest({.limits = {.max_body_bytes_in_flight = 1 << 20, .max_unsent_bytes = 1 << 20}}) {}
};

TEST_F(GrpcCallMemoryTest, AllCallsTogetherHoldSoMuch) {
  OpenUnary();
  stream_.Data(Framed(std::string(1 << 20, 'x')).substr(0, 900'000));
  EXPECT_FALSE(stream_.ended);

  FakeHttp2Stream second(connection_);
  second.Open(handler_, FakeHttp2Stream::Head());
  second.Data(Framed(std::string(1 << 20, 'x')).substr(0, 900'000));
  EXPECT_EQ(second.grpc_status(), kResourceExhausted);
  EXPECT_THAT(second.grpc_message(), HasSubstr("--max-body-in-flight"));
  EXPECT_EQ(second.Find("grpc-retry-pushback-ms"), "1000");

  FakeHttp2Stream small(connection_);
  small.Open(handler_, FakeHttp2Stream::Head());
  small.Data(Framed("small"));
  small.End();
  EXPECT_THAT(handler_.messages, ElementsAre("small"));

  stream_.Gone();
  FakeHttp2Stream third(connection_);
  third.Open(handler_, FakeHttp2Stream::Head());
  third.Data(Framed(std::string(900'000, 'x')));
  EXPECT_FALSE(third.ended);
}

TEST_F(GrpcCallMemoryTest, AFinishedCallHoldsNothing) {
  Call(std::string(900'000, 'x'));
  reply().Finish(GrpcStatus());
  FakeHttp2Stream second(connection_);
  second.Open(handler_, FakeHttp2Stream::Head());
  second.Data(Framed(std::string(900'000, 'x')));
  EXPECT_FALSE(second.ended);
}

TEST_F(GrpcCallMemoryTest, WhatAStreamHasHandedOverIsNotCountedAnyMore) {
  OpenStream();
  for (int i = 0; i < 10; ++i) stream_.Data(Framed(std::string(900'000, 'x')));
  EXPECT_EQ(handler_.messages.size(), 10U);
  EXPECT_FALSE(stream_.ended);
}

TEST_F(GrpcCallMemoryTest, WhatIsHeldBackCounts) {
  OpenStream();
  reply().Pause(true);
  const std::string bytes = Framed(std::string(900'000, 'x'));
  stream_.Data(bytes);
  EXPECT_FALSE(stream_.ended);
  stream_.Data(bytes);
  EXPECT_EQ(stream_.grpc_status(), kResourceExhausted);
  EXPECT_EQ(stream_.consumed, 2 * bytes.size());
}

TEST_F(GrpcCallMemoryTest, UnsentAnswersCount) {
  Call("ping");
  reply().Send(Payload(std::string(900'000, 'x')));
  EXPECT_FALSE(stream_.ended);
  reply().Send(Payload(std::string(900'000, 'x')));
  EXPECT_EQ(stream_.grpc_status(), kResourceExhausted);
  EXPECT_EQ(stream_.data.size(), 900'005U);
}

TEST_F(GrpcCallMemoryTest, WhatIsLargerThanAllMayBeIsNotToBeTriedAgain) {
  Call("ping");
  reply().Send(Payload(std::string(1'100'000, 'x')));
  EXPECT_EQ(stream_.grpc_status(), kResourceExhausted);
  EXPECT_EQ(stream_.grpc_message(),
            "answer: expected at most 1048576 bytes (--max-body-in-flight or half of --budget), got 1100000: no wait "
            "lifts that");
  EXPECT_EQ(stream_.Find("grpc-retry-pushback-ms"), "");
}

TEST_F(GrpcCallMemoryTest, AnswersThatWereTakenDoNotCount) {
  Call("ping");
  for (int i = 0; i < 10; ++i) {
    reply().Send(Payload(std::string(900'000, 'x')));
    stream_.Take();
  }
  EXPECT_FALSE(stream_.ended);
}

TEST_F(GrpcCallMemoryTest, SmallAnswersCountTogether) {
  OpenStream();
  for (int i = 0; i < 60; ++i) reply().Send(Payload(std::string(10'000, 'x')));
  EXPECT_FALSE(stream_.ended);
  FakeHttp2Stream second(connection_);
  second.Open(handler_, FakeHttp2Stream::Head());
  const auto send = [&](int count) {
    for (int i = 0; i < count; ++i) handler_.held_replies.back().Send(Payload(std::string(10'000, 'x')));
  };
  send(6);
  EXPECT_FALSE(second.ended) << "a little is free";
  send(54);
  EXPECT_EQ(second.grpc_status(), kResourceExhausted);
}

TEST_F(GrpcCallMemoryTest, WhoIsAlwaysALittleBehindHoldsNoMoreThanThat) {
  OpenStream();
  reply().Send(Payload(std::string(500'000, 'x')));
  for (int i = 0; i < 20; ++i) {
    stream_.Take(500'000);
    reply().Send(Payload(std::string(500'000, 'x')));
  }
  EXPECT_FALSE(stream_.ended);
}

TEST_F(GrpcCallMemoryTest, WhoTakesNothingDoesNotKeepTheMemoryOfAll) {
  OpenStream();
  reply().Send(Payload(std::string(900'000, 'x')));
  stream_.PassTime(seconds(19));
  stream_.Take(1);
  stream_.PassTime(seconds(19));
  EXPECT_EQ(stream_.reset, std::nullopt);
  stream_.PassTime(seconds(1));
  EXPECT_EQ(stream_.reset, 11U);
  EXPECT_TRUE(cancellation().cancelled());
}

TEST_F(GrpcCallMemoryTest, WhoHoldsLittleMayTakeItsTime) {
  OpenStream();
  reply().Send(Payload("ping"));
  stream_.PassTime(hours(1));
  EXPECT_EQ(stream_.reset, std::nullopt);
  stream_.Take();
  reply().Send(Payload(std::string(900'000, 'x')));
  stream_.Take();
  stream_.PassTime(hours(1));
  EXPECT_EQ(stream_.reset, std::nullopt);
}

TEST_F(GrpcCallTest, AClientThatDoesNotTakeItsAnswersIsCutOff) {
  Call("ping");
  const size_t most = connection_.network().options.limits.max_unsent_bytes;
  size_t sent = 0;
  while (!stream_.reset && sent < 2 * most) {
    reply().Send(Payload(std::string(10'000, 'x')));
    sent += 10'000;
  }
  EXPECT_EQ(stream_.reset, 11U);
  EXPECT_TRUE(cancellation().cancelled());
  EXPECT_LE(stream_.unsent_bytes(), most + 60'000);
  reply().Finish(GrpcStatus());
  EXPECT_FALSE(stream_.ended);
}

TEST_F(GrpcCallTest, AnswersMayBeLargerThanWhatMayWait) {
  Call("ping");
  const size_t large = 2 * connection_.network().options.limits.max_unsent_bytes;
  reply().Send(Payload(std::string(large, 'x')));
  reply().Send(Payload(std::string(large, 'x')));
  reply().Finish(GrpcStatus());
  EXPECT_EQ(stream_.data.size(), 2 * (large + 5));
  EXPECT_EQ(stream_.grpc_status(), kOk);
}

TEST_F(GrpcCallTest, AClientThatDoesNotTakeItsAnswersIsNotAskedForMore) {
  OpenStream();
  const size_t most = connection_.network().options.limits.max_unsent_bytes;
  reply().Send(Payload(std::string(most, 'x')));
  stream_.Data(Framed("one"));
  stream_.End();
  EXPECT_TRUE(handler_.messages.empty());
  EXPECT_EQ(stream_.consumed, 0U);
  stream_.Take();
  EXPECT_THAT(handler_.messages, ElementsAre("one"));
  EXPECT_EQ(stream_.consumed, 8U);
  EXPECT_EQ(handler_.ends, 1);
}

}  // namespace
}  // namespace trireme::net
