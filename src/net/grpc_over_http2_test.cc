// SPDX-License-Identifier: Apache-2.0
// gRPC calls over a real HTTP/2 connection.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "net/grpc_framing.h"
#include "net/testing/scripted_grpc_handler.h"
#include "net/testing/scripted_handler.h"
#include "net/testing/test_http2_client.h"

namespace trireme::net {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

std::string Framed(const std::string& message) {
  const auto prefix = GrpcPrefix(false, static_cast<uint32_t>(message.size()));
  return std::string(prefix.data(), prefix.size()) + message;
}

GrpcPayload Payload(std::string text) {
  return {.text = std::move(text), .inserts = {}};
}

// RST_STREAM of that stream, with CANCEL.
std::string ResetFrame(uint32_t stream) {
  std::string frame("\0\0\4\3\0", 5);
  for (const int shift : {24, 16, 8, 0}) frame.push_back(static_cast<char>(stream >> shift));
  return frame.append("\0\0\0\x8", 4);
}

class GrpcOverHttp2Test : public testing::Test {
 protected:
  int32_t Begin(const std::string& message, Http2Headers more = {}, bool end = true) {
    Http2Headers headers = {{"content-type", "application/grpc"}, {"te", "trailers"}};
    headers.insert(headers.end(), more.begin(), more.end());
    return client_.Begin("POST", "/test.Service/Method", std::move(headers), Framed(message), end);
  }
  void Echo() {
    handler_.on_call = [](GrpcHead, GrpcMessage message, GrpcReply reply) {
      reply.Finish(Payload(ScriptedGrpcHandler::Text(message)));
    };
  }

  ScriptedHandler http_;
  ScriptedGrpcHandler handler_;
  Http2TestLoop loop_{Reception{.http = &http_, .grpc = &handler_}};
  TestHttp2Client client_{loop_};
};

TEST_F(GrpcOverHttp2Test, AnswersCalls) {
  Echo();
  for (const size_t size : {0, 4, 100'000, 3'000'000}) {
    const std::string message(size, 'x');
    const int32_t id = Begin(message);
    EXPECT_EQ(client_.response(id).status, 200);
    EXPECT_EQ(client_.response(id).body, Framed(message));
    EXPECT_EQ(client_.response(id).trailer("grpc-status"), "0");
    EXPECT_EQ(client_.response(id).stream_closed, 0U);
  }
}

TEST_F(GrpcOverHttp2Test, ErrorsBeforeTheEndOfTheRequestEndTheStreamWell) {
  handler_.plan.refusal = GrpcStatus{.code = GrpcCode::kUnimplemented, .message = "no", .metadata = {}};
  const int32_t id = Begin("ping", {}, /*end=*/false);
  EXPECT_EQ(client_.response(id).header("grpc-status"), "12");
  EXPECT_EQ(client_.response(id).stream_closed, 0U);
  EXPECT_THAT(client_.goaways(), IsEmpty());
}

TEST_F(GrpcOverHttp2Test, DeadlinesPass) {
  const int32_t id = Begin("ping", {{"grpc-timeout", "100m"}});
  loop_.Advance(milliseconds(300));
  client_.Settle();
  EXPECT_EQ(client_.response(id).header("grpc-status"), "4");
  EXPECT_TRUE(handler_.held_heads.front().http.cancellation.cancelled());
}

TEST_F(GrpcOverHttp2Test, ResetsCancel) {
  const int32_t id = Begin("ping");
  client_.Reset(id);
  EXPECT_TRUE(handler_.held_heads.front().http.cancellation.cancelled());
  handler_.held_replies.front().Finish(Payload("late"));
  Echo();
  EXPECT_EQ(client_.response(Begin("next")).body, Framed("next"));
}

TEST_F(GrpcOverHttp2Test, AStreamOfMessagesIsHeldBackByItsWindow) {
  handler_.plan.streams = true;
  handler_.on_message = [&](const std::string&) { handler_.held_replies.front().Pause(true); };
  const int32_t id = Begin("one", {}, /*end=*/false);
  for (int i = 0; i < 5; ++i) client_.SendBody(id, Framed(std::string(1 << 20, 'x')), /*end=*/i == 4);
  EXPECT_EQ(handler_.messages.size(), 1U);
  for (size_t i = 2; i <= 6; ++i) {
    EXPECT_EQ(handler_.ends, 0);
    handler_.held_replies.front().Pause(false);
    loop_.Turn();
    client_.Settle();
    EXPECT_EQ(handler_.messages.size(), i);
  }
  handler_.held_replies.front().Pause(false);
  loop_.Turn();
  EXPECT_EQ(handler_.ends, 1);
}

TEST_F(GrpcOverHttp2Test, ACallThatWasCancelledBeforeItBeganHarmsNoOther) {
  const int32_t id = Begin("ping");
  client_.SendRaw(ResetFrame(static_cast<uint32_t>(id) + 2) + ResetFrame(static_cast<uint32_t>(id) + 4));
  handler_.held_replies.front().Finish(Payload("pong"));
  loop_.Turn();
  client_.Settle();
  EXPECT_EQ(client_.response(id).body, Framed("pong"));
  EXPECT_THAT(client_.goaways(), IsEmpty());
}

TEST_F(GrpcOverHttp2Test, AFloodOfResetsEndsTheConnection) {
  Begin("ping");
  std::string resets;
  for (uint32_t i = 0; i < 2000; ++i) resets += ResetFrame(1001 + 2 * i);
  client_.SendRaw(resets);
  ASSERT_EQ(client_.goaways().size(), 1U);
  EXPECT_EQ(client_.goaways()[0].error, 0xbU);
}

}  // namespace
}  // namespace trireme::net
