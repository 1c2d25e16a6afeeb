// SPDX-License-Identifier: Apache-2.0
#include "server/grpc_front_handler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <span>
#include <string>

#include "access/key_table.h"
#include "codec/proto_wire.h"
#include "net/testing/recorded_grpc_answer.h"
#include "net/transport.h"

namespace trireme {
namespace {

using net::GrpcCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string KeyOf(const std::string& name, const std::string& rest) {
  return name + " " + rest + " sha256:" + ToHex(Sha256(name)) + "\n";
}

// Knows the keys of a text that may change.
class Keys final : public Authoriser {
 public:
  Result<Identity> Authenticate(const Credentials& credentials) override {
    return KeyTable(*ParseKeyFile(text, "keys")).Find(credentials, {});
  }
  bool asks_for_keys() const override { return true; }

  std::string text =
      KeyOf("a-infer", "infer a*") + KeyOf("admin", "admin *") + "mesh infer * certificate:mesh.example.org\n";
};

std::string Message(const std::string& model) {
  std::string bytes;
  ProtoWriter(bytes).Bytes(1, model);
  return bytes;
}

// What reached a method.
struct Seen {
  std::vector<std::string> events;  // "infer a-infer", "message", "end", "gone"
  net::GrpcReply reply;             // of the stream
};

class Receiver final : public net::GrpcReceiver {
 public:
  explicit Receiver(Seen& seen) : seen_(seen) {}
  ~Receiver() override { seen_.events.emplace_back("gone"); }
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;
  void OnMessage(net::GrpcMessage) override { seen_.events.emplace_back("message"); }
  void OnEnd() override { seen_.events.emplace_back("end"); }

 private:
  Seen& seen_;
};

class GrpcFrontHandlerTest : public testing::Test {
 protected:
  GrpcFrontHandlerTest() {
    const auto answer = [this](net::GrpcHead, net::GrpcMessage, const Identity& identity, net::GrpcReply reply) {
      seen_.events.push_back("call by " + identity.principal);
      reply.Finish(net::GrpcPayload{.text = "answer", .inserts = {}});
    };
    methods_.push_back({.path = "/s.S/Infer",
                        .operation = Operation::kInfer,
                        .model_field = 1,
                        .max_message_bytes = 77,
                        .call = answer});
    methods_.push_back({.path = "/s.S/Live", .operation = Operation::kProbe, .call = answer});
    methods_.push_back({.path = "/s.S/Stream",
                        .operation = Operation::kInfer,
                        .model_field = 1,
                        .stream = [this](net::GrpcHead, const Identity& identity, net::GrpcReply reply) {
                          seen_.events.push_back("stream by " + identity.principal);
                          seen_.reply = std::move(reply);
                          return std::make_unique<Receiver>(seen_);
                        }});
    router_.Add(methods_);
  }
  ~GrpcFrontHandlerTest() override {
    if (seen_.reply) seen_.reply.Finish(net::GrpcStatus());
  }

  static net::GrpcHead Head(std::string_view path, std::string_view key = {}) {
    net::GrpcHead head;
    head.http.method = "POST";
    head.http.path = path;
    if (!key.empty()) head.http.headers.push_back({.name = "x-api-key", .value = key});
    return head;
  }
  static net::GrpcMessage Bytes(const std::string& text) {
    return {.bytes = std::as_bytes(std::span(text)), .storage = nullptr, .received = {}};
  }

  std::optional<GrpcCode> HeadRefusal(Authoriser& authoriser, net::GrpcHead head) {
    GrpcFrontHandler handler(router_, authoriser, 1000, nullptr);
    const net::GrpcPlan plan = handler.OnHead(head);
    return plan.refusal ? std::optional(plan.refusal->code) : std::nullopt;
  }
  net::GrpcStatus Call(Authoriser& authoriser, net::GrpcHead head, const std::string& message) {
    GrpcFrontHandler handler(router_, authoriser, 1000, nullptr);
    const auto answer = std::make_shared<net::RecordedGrpcAnswer>();  // shared with the reply
    handler.OnCall(std::move(head), Bytes(message), net::GrpcReply(answer));
    return answer->status.value();
  }

  std::vector<GrpcMethod> methods_;
  GrpcRouter router_;
  Keys keys_;
  AllowAll everybody_;
  Seen seen_;
};

TEST_F(GrpcFrontHandlerTest, RefusesAtTheHeadWhatDoesNotExistOrIsNotAllowed) {
  EXPECT_EQ(HeadRefusal(everybody_, Head("/s.S/Other")), GrpcCode::kUnimplemented);
  EXPECT_EQ(HeadRefusal(everybody_, Head("/s.S/Infer")), std::nullopt);
  EXPECT_EQ(HeadRefusal(keys_, Head("/s.S/Infer")), GrpcCode::kUnauthenticated);
  EXPECT_EQ(HeadRefusal(keys_, Head("/s.S/Infer", "wrong")), GrpcCode::kUnauthenticated);
  EXPECT_EQ(HeadRefusal(keys_, Head("/s.S/Infer", "a-infer")), std::nullopt);
  EXPECT_EQ(HeadRefusal(keys_, Head("/s.S/Live")), std::nullopt);
}

TEST_F(GrpcFrontHandlerTest, PlansWhatTheMethodSays) {
  GrpcFrontHandler handler(router_, everybody_, 1000, nullptr);
  const net::GrpcPlan infer = handler.OnHead(Head("/s.S/Infer"));
  EXPECT_FALSE(infer.streams);
  EXPECT_EQ(infer.max_message_bytes, 77U);
  const net::GrpcPlan stream = handler.OnHead(Head("/s.S/Stream"));
  EXPECT_TRUE(stream.streams);
  EXPECT_EQ(stream.max_message_bytes, 1000U);
}

TEST_F(GrpcFrontHandlerTest, AsksForTheModelThatTheMessageNames) {
  EXPECT_EQ(Call(keys_, Head("/s.S/Infer", "a-infer"), Message("a1")).code, GrpcCode::kOk);
  const net::GrpcStatus refused = Call(keys_, Head("/s.S/Infer", "a-infer"), Message("b"));
  EXPECT_EQ(refused.code, GrpcCode::kPermissionDenied);
  EXPECT_THAT(refused.message, HasSubstr("'b'"));
  EXPECT_EQ(Call(keys_, Head("/s.S/Infer", "a-infer"), Message("a1") + Message("b")).code, GrpcCode::kPermissionDenied);
  EXPECT_EQ(Call(keys_, Head("/s.S/Infer", "a-infer"), "\xff").code, GrpcCode::kInvalidArgument);
  EXPECT_THAT(seen_.events, ElementsAre("call by a-infer"));
}

TEST_F(GrpcFrontHandlerTest, DoesNotLookIntoMessagesWhereNobodyIsAskedForAKey) {
  EXPECT_EQ(Call(everybody_, Head("/s.S/Infer"), "\xff").code, GrpcCode::kOk);
  EXPECT_EQ(Call(keys_, Head("/s.S/Live"), "\xff").code, GrpcCode::kOk);
  EXPECT_THAT(seen_.events, ElementsAre("call by ", "call by "));
}

TEST_F(GrpcFrontHandlerTest, KnowsACallerByHisCertificate) {
  net::GrpcHead head = Head("/s.S/Infer");
  head.http.tls = std::make_shared<net::TlsPeer>(net::TlsPeer{.protocol = "h2", .names = {"mesh.example.org"}});
  EXPECT_EQ(Call(keys_, std::move(head), Message("b")).code, GrpcCode::kOk);
  EXPECT_THAT(seen_.events, ElementsAre("call by mesh"));
}

TEST_F(GrpcFrontHandlerTest, AKeyThatIsTakenAwayOpensNothingAfterTheHead) {
  EXPECT_EQ(HeadRefusal(keys_, Head("/s.S/Infer", "a-infer")), std::nullopt);
  keys_.text = "";
  EXPECT_EQ(Call(keys_, Head("/s.S/Infer", "a-infer"), Message("a")).code, GrpcCode::kUnauthenticated);
  EXPECT_THAT(seen_.events, IsEmpty());
}

class GrpcFrontStreamTest : public GrpcFrontHandlerTest {
 protected:
  void Start(Authoriser& authoriser, net::GrpcHead head) {
    GrpcFrontHandler handler(router_, authoriser, 1000, nullptr);
    receiver_ = handler.OnStream(std::move(head), net::GrpcReply(answer_));
    ASSERT_NE(receiver_, nullptr);
  }

  const std::shared_ptr<net::RecordedGrpcAnswer> answer_ = std::make_shared<net::RecordedGrpcAnswer>();
  std::unique_ptr<net::GrpcReceiver> receiver_;
};

TEST_F(GrpcFrontStreamTest, AsksBeforeEachMessage) {
  Start(keys_, Head("/s.S/Stream", "a-infer"));
  receiver_->OnMessage(Bytes(Message("a1")));
  receiver_->OnMessage(Bytes(Message("a2")));
  EXPECT_FALSE(answer_->status.has_value());
  receiver_->OnMessage(Bytes(Message("b")));
  EXPECT_THAT(seen_.events, ElementsAre("stream by a-infer", "message", "message", "end"));
}

TEST_F(GrpcFrontStreamTest, AfterARefusalAnswersWhatWasAskedBeforeAndThenEnds) {
  Start(keys_, Head("/s.S/Stream", "a-infer"));
  receiver_->OnMessage(Bytes(Message("a")));
  receiver_->OnMessage(Bytes(Message("b")));
  receiver_->OnMessage(Bytes(Message("a")));
  receiver_->OnEnd();
  EXPECT_THAT(seen_.events, ElementsAre("stream by a-infer", "message", "end"));
  EXPECT_FALSE(answer_->status.has_value());
  seen_.reply.Send(net::GrpcPayload{.text = "to the first", .inserts = {}});
  seen_.reply.Finish(net::GrpcStatus());
  EXPECT_THAT(answer_->messages, ElementsAre("to the first"));
  EXPECT_EQ(answer_->status->code, GrpcCode::kPermissionDenied);
  EXPECT_EQ(answer_->finishes, 1);
}

TEST_F(GrpcFrontStreamTest, AKeyThatIsTakenAwayEndsItAtTheNextMessage) {
  Start(keys_, Head("/s.S/Stream", "a-infer"));
  receiver_->OnMessage(Bytes(Message("a")));
  keys_.text = "";
  receiver_->OnMessage(Bytes(Message("a")));
  seen_.reply.Finish(net::GrpcStatus());
  EXPECT_EQ(answer_->status->code, GrpcCode::kUnauthenticated);
}

TEST_F(GrpcFrontStreamTest, PassesAnswersAndTheEndOn) {
  Start(keys_, Head("/s.S/Stream", "a-infer"));
  seen_.reply.Pause(true);
  EXPECT_TRUE(answer_->paused);
  seen_.reply.Send(net::GrpcPayload{.text = "one", .inserts = {}});
  receiver_->OnEnd();
  seen_.reply.Finish(net::GrpcStatus());
  EXPECT_THAT(answer_->messages, ElementsAre("one"));
  EXPECT_EQ(answer_->status->code, GrpcCode::kOk);
  EXPECT_THAT(seen_.events, ElementsAre("stream by a-infer", "end"));
}

TEST_F(GrpcFrontStreamTest, IsRefusedAtItsStartIfTheKeyIsGoneByThen) {
  Start(keys_, Head("/s.S/Stream", "gone"));
  EXPECT_EQ(answer_->status->code, GrpcCode::kUnauthenticated);
  receiver_->OnMessage(Bytes(Message("a")));
  receiver_->OnEnd();
  EXPECT_THAT(seen_.events, IsEmpty());
}

TEST_F(GrpcFrontStreamTest, IsHandedThroughWhereNobodyIsAskedForAKey) {
  Start(everybody_, Head("/s.S/Stream"));
  receiver_->OnMessage(Bytes("\xff"));
  EXPECT_THAT(seen_.events, ElementsAre("stream by ", "message"));
}

}  // namespace
}  // namespace trireme
