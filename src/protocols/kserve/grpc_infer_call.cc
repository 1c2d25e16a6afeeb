// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/grpc_infer_call.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/task.h"
#include "dialect/codec_job.h"
#include "dialect/server_timing.h"
#include "model/reply.h"
#include "protocols/kserve/grpc_inference.h"

namespace trireme::kserve {
namespace {

// One call on its way. It owns itself, as an InferCall does: through the Reply while the engine has it, and as a task
// while it travels between threads; it ends where the answer is sent, on its loop.
class GrpcInferCall final : public ReplySink, public Task {
 public:
  GrpcInferCall(const InferServices& services, const net::GrpcHead& head, net::GrpcMessage message,
                const Identity& identity, net::GrpcReply reply)
      : services_(services),
        facts_(FactsOf(head, identity)),
        inference_(services, std::move(message)),
        reply_(std::move(reply)) {}

  GrpcInference& inference() { return inference_; }
  const GrpcCallFacts& facts() const { return facts_; }

  // On the loop or a codec worker.
  static void Infer(std::unique_ptr<GrpcInferCall> call, Status read) {
    GrpcInferCall& self = *call;
    if (!read.ok()) {
      self.End(std::move(call), {.status = std::move(read), .response = std::nullopt, .stages = {}});
      return;
    }
    Engine& engine = self.services_.engine;
    std::unique_ptr<InferRequest> request = self.inference_.TakeRequest();
    request->loop = &self.reply_.executor();
    request->reply = Reply(std::move(call));
    engine.Infer(std::move(request));
  }

  void Respond(InferResponse /*response*/) override { several_responses_ = true; }

  void End(std::unique_ptr<ReplySink> self, Outcome outcome) override {
    outcome_ = std::move(outcome);
    if (several_responses_) {
      outcome_.response.reset();
      outcome_.status = Unsupported("this model gives several responses a request: call ModelStreamInfer");
    }
    const bool is_long = outcome_.response && inference_.IsLongToEncode(*outcome_.response);
    EncodeAndContinue(services_.codec_workers, reply_.executor(),
                      std::unique_ptr<GrpcInferCall>(static_cast<GrpcInferCall*>(self.release())), is_long);
  }

  // On the loop or a codec worker.
  void Encode() {
    if (outcome_.response) {
      encoded_ = inference_.Encode(*outcome_.response, /*final_response=*/std::nullopt);
    } else if (outcome_.status.ok()) {
      encoded_ = Internal("the model gave no response");
    } else {
      encoded_ = outcome_.status;
    }
  }

  // On the loop: the end of the way.
  void Run() override {
    const std::unique_ptr<GrpcInferCall> self(this);
    if (!encoded_) Encode();
    inference_.Trace(outcome_, encoded_->status());
    std::string timing;
    if (services_.tells_timing) timing = ServerTiming(outcome_.status, outcome_.stages, Clock::System().Now());
    if (encoded_->ok()) return FinishWithTiming(reply_, ToPayload(*std::move(*encoded_)), std::move(timing));
    net::GrpcStatus status = ToGrpcStatus(encoded_->status());
    AddServerTiming(status, std::move(timing));
    reply_.Finish(std::move(status));
  }

 private:
  const InferServices& services_;
  const GrpcCallFacts facts_;
  GrpcInference inference_;
  net::GrpcReply reply_;
  bool several_responses_ = false;
  Outcome outcome_;
  std::optional<Result<EncodedProto>> encoded_;
};

}  // namespace

void StartGrpcInferCall(const InferServices& services, const net::GrpcHead& head, net::GrpcMessage message,
                        const Identity& identity, net::GrpcReply reply) {
  ReadMessage(std::make_unique<GrpcInferCall>(services, head, std::move(message), identity, std::move(reply)),
              services.codec_workers, &GrpcInferCall::Infer);
}

}  // namespace trireme::kserve
