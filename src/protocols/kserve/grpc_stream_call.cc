// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/grpc_stream_call.h"

#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "protocols/kserve/in_order.h"
#include "protocols/kserve/stream_request.h"

namespace trireme::kserve {
namespace {

// What a stream says: a message, or why it ends.
using Words = std::variant<net::GrpcPayload, net::GrpcStatus>;

bool AsksToEndWithErrors(const net::GrpcHead& head) {
  const std::string_view* value = head.http.Find("triton_grpc_error");
  return value != nullptr && *value == "true";
}

// The stream itself, on the loop's thread. Shared by its connection and by the requests under way, which may outlive
// it.
//
// Each request has a place in the line, which its answer leaves in its turn. One of a decoupled model gives its place
// up: nobody waits for its responses, and they wait for nobody.
class GrpcStream final : public RequestStream, public OpenStream, public std::enable_shared_from_this<GrpcStream> {
 public:
  GrpcStream(const InferServices& services, std::shared_ptr<OpenStreams> open, const net::GrpcHead& head,
             const Identity& identity, net::GrpcReply reply)
      : services_(services),
        open_(std::move(open)),
        facts_(FactsOf(head, identity)),
        ends_with_error_(AsksToEndWithErrors(head)),
        reply_(std::move(reply)) {}
  ~GrpcStream() override { open_->Remove(this); }
  GrpcStream(const GrpcStream&) = delete;
  GrpcStream& operator=(const GrpcStream&) = delete;

  void OnMessage(net::GrpcMessage message) {
    if (!reply_) return;  // it has ended
    const Turn turn(*this);
    ++under_way_;
    ++being_read_;
    StreamRequest::Read(
        std::make_unique<StreamRequest>(services_, shared_from_this(), requests_++, std::move(message)));
  }

  void OnEnd() {
    const Turn turn(*this);
    said_all_ = true;
  }

  void OnStop() override {
    const Turn turn(*this);
    stopping_ = true;
  }

  // Nobody listens any more.
  void OnGone() {
    if (reply_) reply_.Finish({.code = net::GrpcCode::kCancelled, .message = "the stream is over", .metadata = {}});
  }

  net::Executor& executor() override { return reply_.executor(); }
  const GrpcCallFacts& facts() const override { return facts_; }

  void TakeRead(std::unique_ptr<StreamRequest> request, Status read) override {
    const Turn turn(*this);
    --being_read_;
    if (!read.ok()) return StreamRequest::Refuse(std::move(request), std::move(read));
    const InferRequest& asked = request->inference().request();
    if (services_.engine.IsDecoupled(asked.model, asked.version)) StepAside(*request);
    StreamRequest::Infer(std::move(request));
  }

  void TakeResponse(std::unique_ptr<StreamResponse> response) override {
    const Turn turn(*this);
    StreamRequest& request = response->request();
    const uint64_t number = response->number();
    request.responses().Put(number, std::move(response));
    while (const auto next = request.responses().Take()) {
      Tell(request, **next);
      if (!(*next)->last()) continue;
      const std::unique_ptr<ReplySink> ended = (*next)->TakeOwner();
      return;
    }
  }

 private:
  // Whatever happens to the stream happens within one: when the outermost ends, it looks where it stands.
  class Turn {
   public:
    explicit Turn(GrpcStream& stream) : stream_(stream.shared_from_this()) { ++stream_->turns_; }
    ~Turn() {
      if (--stream_->turns_ == 0) stream_->Settle();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    const std::shared_ptr<GrpcStream> stream_;  // a request that ends may be the last that has it
  };

  // In the line.
  struct Place {
    bool given_up = false;
    std::optional<Words> words;
  };

  void StepAside(StreamRequest& request) {
    if (std::exchange(request.stands_aside, true)) return;
    line_.Put(request.number(), {.given_up = true, .words = std::nullopt});
    Advance();
  }

  void Tell(StreamRequest& request, StreamResponse& response) {
    // More than one: the model must have become decoupled after the request was read.
    if (!response.last()) StepAside(request);
    std::optional<Words> words = WordsFor(request, response);
    if (response.last()) request.inference().Trace(response.outcome(), response.status());
    if (!request.stands_aside) {
      line_.Put(request.number(), {.given_up = false, .words = std::move(words)});
      Advance();
      return;
    }
    if (words) Say(*std::move(words));
    if (response.last()) --under_way_;
  }

  std::optional<Words> WordsFor(StreamRequest& request, StreamResponse& response) const {
    const GrpcInference& inference = request.inference();
    if (std::optional<EncodedProto> message = response.TakeMessage()) return ToPayload(*std::move(message));
    if (!response.status().ok()) {
      if (ends_with_error_) return ToGrpcStatus(response.status());
      return net::GrpcPayload{.text = EncodeStreamError(response.status().message(), inference.id(),
                                                        inference.model_name(), inference.model_version()),
                              .inserts = {}};
    }
    if (!inference.wants_empty_final_response()) return std::nullopt;
    return net::GrpcPayload{
        .text = EncodeEmptyFinalResponse(inference.id(), inference.model_name(), inference.model_version()),
        .inserts = {}};
  }

  void Advance() {
    while (std::optional<Place> place = line_.Take()) {
      if (place->given_up) continue;
      --under_way_;
      if (place->words) Say(*std::move(place->words));
    }
  }

  void Say(Words words) {
    if (!reply_) return;
    if (auto* message = std::get_if<net::GrpcPayload>(&words)) return reply_.Send(std::move(*message));
    reply_.Finish(std::get<net::GrpcStatus>(std::move(words)));
    facts_.cancellation.Cancel();  // of what is still under way
  }

  void Settle() {
    if (!reply_) return;
    if (said_all_ && under_way_ == 0) return reply_.Finish(net::GrpcStatus());
    if (stopping_ && under_way_ == 0) return reply_.Finish(ToGrpcStatus(Unavailable("the server is shutting down")));
    // While one is read elsewhere nobody overtakes it: requests enter their lines in the order of the stream.
    const bool full = being_read_ > 0 || under_way_ >= kMostRequestsOfStream;
    if (full != paused_) reply_.Pause(paused_ = full);
  }

  const InferServices& services_;
  const std::shared_ptr<OpenStreams> open_;  // shared by all streams
  const GrpcCallFacts facts_;
  const bool ends_with_error_;
  net::GrpcReply reply_;

  uint64_t requests_ = 0;  // so far
  size_t under_way_ = 0;   // of them: their last words have not been said
  size_t being_read_ = 0;
  InOrder<Place> line_;
  bool said_all_ = false;
  bool stopping_ = false;
  bool paused_ = false;
  int turns_ = 0;
};

class Receiver final : public net::GrpcReceiver {
 public:
  explicit Receiver(std::shared_ptr<GrpcStream> stream) : stream_(std::move(stream)) {}
  ~Receiver() override { stream_->OnGone(); }
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  void OnMessage(net::GrpcMessage message) override { stream_->OnMessage(std::move(message)); }
  void OnEnd() override { stream_->OnEnd(); }

 private:
  const std::shared_ptr<GrpcStream> stream_;  // shared with the requests under way
};

}  // namespace

std::unique_ptr<net::GrpcReceiver> StartGrpcStreamCall(const InferServices& services,
                                                       const std::shared_ptr<OpenStreams>& open,
                                                       const net::GrpcHead& head, const Identity& identity,
                                                       net::GrpcReply reply) {
  const auto stream = std::make_shared<GrpcStream>(services, open, head, identity, std::move(reply));
  open->Add(stream);
  return std::make_unique<Receiver>(stream);
}

}  // namespace trireme::kserve
