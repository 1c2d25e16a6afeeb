// SPDX-License-Identifier: Apache-2.0
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/out_of_memory.h"
#include "base/task.h"
#include "dialect/request_headers.h"
#include "dialect/server_timing.h"
#include "protocols/torchserve/grpc_methods.h"
#include "protocols/torchserve/inference_routes.h"
#include "protocols/torchserve/prediction.h"
#include "wire/torchserve/grpc_messages.h"
#include "wire/torchserve/messages.h"

namespace trireme::torchserve {
namespace {

std::string Path(std::string_view rpc) {
  return "/org.pytorch.serve.grpc.inference.InferenceAPIsService/" + std::string(rpc);
}

// What the head of a call says of each of its messages.
struct CallFacts {
  Caller caller;
  Cancellation cancellation;
  TimePoint deadline = kNever;
  TraceContext trace;
};

CallFacts FactsOf(const net::GrpcHead& head, const Identity& identity) {
  return {.caller = {.principal = identity.principal, .tenant = identity.tenant},
          .cancellation = head.http.cancellation,
          .deadline = head.deadline,
          .trace = TraceOf(head.http)};
}

net::GrpcPayload PayloadOf(std::string body, const std::optional<std::string>& sequence,
                           const std::optional<StreamStatus>& status = std::nullopt) {
  PredictionFrame frame = FramePrediction(body.size(), sequence, status);
  const auto kept = std::make_shared<const std::string>(std::move(body));  // shared with the connection until sent
  net::GrpcPayload payload{.text = std::move(frame.head), .inserts = {}};
  payload.inserts.push_back(
      {.at = payload.text.size(), .part = {.bytes = std::as_bytes(std::span(*kept)), .keep_alive = kept}});
  payload.text += frame.tail;
  return payload;
}

// A message, taken apart; shares it.
struct Question {
  PredictionRequest request;
  std::vector<RequestPart> parts;
  std::optional<std::string> sequence;
};

Result<Question> QuestionOf(const CallFacts& facts, const net::GrpcMessage& message) {
  ASSIGN_OR_RETURN(const PredictionsRequest decoded, DecodePredictionsRequest(message.bytes));
  Question question{.request = {.model = std::string(decoded.model_name),
                                .version = std::string(decoded.model_version),
                                .caller = facts.caller,
                                .cancellation = facts.cancellation,
                                .received = message.received,
                                .deadline = facts.deadline,
                                .trace = facts.trace,
                                .protocol = "grpc",
                                .bytes = message.bytes.size()},
                    .parts = {},
                    .sequence = {}};
  question.parts.reserve(decoded.inputs.size());
  for (const PredictionsRequest::Input& input : decoded.inputs) {
    question.parts.push_back(
        {.name = std::string(input.name), .content_type = {}, .bytes = input.bytes, .storage = message.storage});
  }
  if (decoded.sequence_id) question.sequence.emplace(*decoded.sequence_id);
  return question;
}

class GrpcAsker final : public Asker {
 public:
  GrpcAsker(std::vector<RequestPart> parts, std::optional<std::string> sequence, net::GrpcReply reply)
      : parts_(std::move(parts)), sequence_(std::move(sequence)), reply_(std::move(reply)) {}

  Result<std::vector<RequestPart>> Parts() override { return std::move(parts_); }
  void Release() override { parts_.clear(); }
  void TakeTiming(std::string timing) override { timing_ = std::move(timing); }
  void Answer(std::string body) override {
    FinishWithTiming(reply_, PayloadOf(std::move(body), sequence_), std::move(timing_));
  }
  void Fail(const Failure& failure) override {
    net::GrpcStatus status = InferenceStatus(failure);
    AddServerTiming(status, std::move(timing_));
    reply_.Finish(std::move(status));
  }
  Executor& executor() override { return reply_.executor(); }

 private:
  std::vector<RequestPart> parts_;
  const std::optional<std::string> sequence_;
  net::GrpcReply reply_;
  std::string timing_;
};

void Predict(const Services& services, const net::GrpcHead& head, const net::GrpcMessage& message,
             const Identity& identity, net::GrpcReply reply) {
  Result<Question> question = QuestionOf(FactsOf(head, identity), message);
  if (!question.ok()) return reply.Finish(InferenceStatus(FailureOf(question.status())));
  StartPrediction(
      services, std::move(question->request),
      std::make_unique<GrpcAsker>(std::move(question->parts), std::move(question->sequence), std::move(reply)));
}

// A stream of questions, answered one after the other. On the loop's thread only. Shared by the call, which may end
// first, and the question that is being answered.
class PredictionStream final : public std::enable_shared_from_this<PredictionStream> {
 public:
  PredictionStream(const Services& services, CallFacts facts, net::GrpcReply reply)
      : services_(services), facts_(std::move(facts)), reply_(std::move(reply)), loop_(reply_.executor()) {}

  void Add(net::GrpcMessage message) {
    waiting_.push_back(std::move(message));
    Continue();
  }
  void End() {
    has_ended_ = true;
    Continue();
  }

  void Answer(net::GrpcPayload payload) {
    is_busy_ = false;
    if (reply_) reply_.Send(std::move(payload));
    Continue();
  }
  // Of one question alone: the stream goes on.
  void Fail(const Failure& failure, const std::optional<std::string>& sequence) {
    const net::GrpcStatus status = InferenceStatus(failure);
    Answer(PayloadOf({}, sequence, StreamStatus{.code = static_cast<int>(status.code), .message = status.message}));
  }

  Executor& executor() const { return loop_; }

 private:
  static constexpr size_t kMostWaiting = 4;  // what came before the client could be held back

  // A turn of asking. One that memory ends half way ends the call, whose question it was that got lost.
  class Turn {
   public:
    explicit Turn(PredictionStream& stream) : stream_(stream) { stream_.is_continuing_ = true; }
    ~Turn() {
      stream_.is_continuing_ = false;
      if (!is_over_) const net::GrpcReply dropped = std::move(stream_.reply_);
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    void End() { is_over_ = true; }

   private:
    PredictionStream& stream_;
    bool is_over_ = false;
  };

  // A loop, because what fails at once comes back here.
  void Continue() {
    if (is_continuing_) return;
    AskAll();
    if (!reply_) return;
    if (has_ended_ && !is_busy_) return reply_.Finish(net::GrpcStatus{});
    reply_.Pause(waiting_.size() >= kMostWaiting);
  }
  void AskAll() {
    Turn turn(*this);
    while (!is_busy_ && !waiting_.empty()) {
      const net::GrpcMessage message = std::move(waiting_.front());
      waiting_.pop_front();
      is_busy_ = true;
      Ask(message);
    }
    turn.End();
  }
  void Ask(const net::GrpcMessage& message);

  const Services& services_;
  const CallFacts facts_;
  net::GrpcReply reply_;
  Executor& loop_;
  std::deque<net::GrpcMessage> waiting_;
  bool is_busy_ = false;
  bool is_continuing_ = false;
  bool has_ended_ = false;
};

// What is left of a question that was lost on its way: an answer, made on the loop.
class LostQuestion final : public Task {
 public:
  explicit LostQuestion(std::shared_ptr<PredictionStream> stream) : stream_(std::move(stream)) {}

  void Run() override {
    const std::unique_ptr<LostQuestion> self(this);
    stream_->Fail(FailureOf(OutOfMemory(std::string(kNoMemory))), std::nullopt);
  }

 private:
  const std::shared_ptr<PredictionStream> stream_;
};

class StreamAsker final : public Asker {
 public:
  StreamAsker(std::vector<RequestPart> parts, std::optional<std::string> sequence,
              std::shared_ptr<PredictionStream> stream)
      : parts_(std::move(parts)),
        sequence_(std::move(sequence)),
        stream_(std::move(stream)),
        if_lost_(std::make_unique<LostQuestion>(stream_)) {}
  // Not answered: memory ended on the way, on whatever thread. The stream would wait for ever.
  ~StreamAsker() override {
    if (if_lost_ != nullptr) stream_->executor().Post(if_lost_.release());
  }
  StreamAsker(const StreamAsker&) = delete;
  StreamAsker& operator=(const StreamAsker&) = delete;

  Result<std::vector<RequestPart>> Parts() override { return std::move(parts_); }
  void Release() override { parts_.clear(); }
  void Answer(std::string body) override {
    net::GrpcPayload payload = PayloadOf(std::move(body), sequence_);
    if_lost_.reset();
    stream_->Answer(std::move(payload));
  }
  void Fail(const Failure& failure) override {
    if_lost_.reset();
    stream_->Fail(failure, sequence_);
  }
  Executor& executor() override { return stream_->executor(); }

 private:
  std::vector<RequestPart> parts_;
  const std::optional<std::string> sequence_;
  const std::shared_ptr<PredictionStream> stream_;
  std::unique_ptr<LostQuestion> if_lost_;  // made beforehand, when there is memory
};

void PredictionStream::Ask(const net::GrpcMessage& message) {
  Result<Question> question = QuestionOf(facts_, message);
  if (!question.ok()) return Fail(FailureOf(question.status()), std::nullopt);
  StartPrediction(
      services_, std::move(question->request),
      std::make_unique<StreamAsker>(std::move(question->parts), std::move(question->sequence), shared_from_this()));
}

class StreamReceiver final : public net::GrpcReceiver {
 public:
  explicit StreamReceiver(std::shared_ptr<PredictionStream> stream) : stream_(std::move(stream)) {}

  void OnMessage(net::GrpcMessage message) override { stream_->Add(std::move(message)); }
  void OnEnd() override { stream_->End(); }

 private:
  const std::shared_ptr<PredictionStream> stream_;
};

GrpcMethod PredictMethod(const Services& services, std::string_view rpc) {
  return {.path = Path(rpc),
          .operation = Operation::kInfer,
          .model_field = 1,
          .call = [&services](const net::GrpcHead& head, const net::GrpcMessage& message, const Identity& identity,
                              net::GrpcReply reply) { Predict(services, head, message, identity, std::move(reply)); }};
}

}  // namespace

std::vector<GrpcMethod> InferenceMethods(const Services& services) {
  std::vector<GrpcMethod> methods;
  methods.push_back(
      {.path = Path("Ping"),
       .operation = Operation::kProbe,
       .max_message_bytes = 1024,
       .call = [&services](const net::GrpcHead&, const net::GrpcMessage&, const Identity&, net::GrpcReply reply) {
         const std::string health(WithoutNewline(EncodePing(IsHealthy(services))));
         reply.Finish(net::GrpcPayload{.text = EncodeTextResponse(health), .inserts = {}});
       }});
  methods.push_back(PredictMethod(services, "Predictions"));
  methods.push_back(PredictMethod(services, "StreamPredictions"));
  methods.push_back({.path = Path("StreamPredictions2"),
                     .operation = Operation::kInfer,
                     .model_field = 1,
                     .stream = [&services](const net::GrpcHead& head, const Identity& identity, net::GrpcReply reply) {
                       return std::make_unique<StreamReceiver>(
                           std::make_shared<PredictionStream>(services, FactsOf(head, identity), std::move(reply)));
                     }});
  return methods;
}

}  // namespace trireme::torchserve
