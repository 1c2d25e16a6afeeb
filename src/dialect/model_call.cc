// SPDX-License-Identifier: Apache-2.0
#include "dialect/model_call.h"

#include <optional>
#include <string>
#include <utility>

#include "base/task.h"
#include "dialect/codec_job.h"
#include "dialect/server_timing.h"
#include "model/reply.h"
#include "tracing/traced_request.h"

namespace trireme {
namespace {

// One call on its way. It owns itself: through the Reply while the engine has it, and as a task while it travels
// between threads; it ends where the answer is sent, on its loop.
class ModelCall final : public ReplySink, public Task {
 public:
  ModelCall(const ModelCallServices& services, const ModelCallFacts& facts, std::unique_ptr<InferRequest> request,
            std::unique_ptr<ModelQuestion> question)
      : services_(services), facts_(facts), question_(std::move(question)), infer_(std::move(request)) {
    infer_->loop = &question_->executor();
    traced_.Begin(services_.tracer, facts_.protocol, *infer_);
  }

  static void Start(std::unique_ptr<ModelCall> call) {
    ModelCall& self = *call;
    self.FindSignature();
    if (self.signature_ != nullptr) return Read(std::move(call));
    // Shared by the copies that a std::function makes of itself.
    auto waiting = std::make_shared<std::unique_ptr<ModelCall>>(std::move(call));
    const InferRequest& request = *self.infer_;
    self.services_.engine.WhenLoaded(request.model, request.version, self.facts_.load_deadline,
                                     [waiting](Status status) {
                                       std::unique_ptr<ModelCall> loaded = std::move(*waiting);
                                       loaded->loading_ = std::move(status);
                                       Executor& loop = loaded->question_->executor();
                                       ContinueOnLoop(loop, std::move(loaded));
                                     });
  }

  void Respond(InferResponse /*response*/) override { several_responses_ = true; }

  void End(std::unique_ptr<ReplySink> self, Outcome outcome) override {
    outcome_ = std::move(outcome);
    question_->Release();
    if (several_responses_) {
      outcome_->response.reset();
      outcome_->status = Unsupported(std::string(facts_.several_responses));
    }
    const bool is_long = outcome_->response && question_->IsLongToWrite(*outcome_->response);
    EncodeAndContinue(services_.codec_workers, question_->executor(),
                      std::unique_ptr<ModelCall>(static_cast<ModelCall*>(self.release())), is_long);
  }

  // On the loop or a codec worker.
  void Encode() {
    const TimePoint begin = Clock::System().Now();
    if (!outcome_->response) {
      written_ = outcome_->status.ok() ? Internal("the model gave no response") : outcome_->status;
      return;
    }
    written_ = question_->Write(*outcome_->response);
    services_.engine.RecordEncode(outcome_->response->model, Clock::System().Now() - begin);
  }

  // On the loop: the model is loaded now, or not; or the end of the way.
  void Run() override {
    std::unique_ptr<ModelCall> self(this);
    if (!outcome_) return GoOn(std::move(self));
    if (!written_) Encode();
    traced_.End(services_.tracer, *outcome_, outcome_->response ? *written_ : Status());
    std::string timing;
    if (services_.tells_timing) timing = ServerTiming(outcome_->status, outcome_->stages, Clock::System().Now());
    question_->End(*written_, std::move(timing));
  }

 private:
  void FindSignature() { signature_ = services_.engine.FindSignature(infer_->model, infer_->version); }

  static void GoOn(std::unique_ptr<ModelCall> call) {
    ModelCall& self = *call;
    if (self.loading_.ok()) self.FindSignature();
    if (self.signature_ != nullptr) return Read(std::move(call));
    Refuse(std::move(call), self.loading_.ok() ? Unavailable("the model has just gone") : self.loading_);
  }

  static void Refuse(std::unique_ptr<ModelCall> call, Status status) {
    ModelCall& self = *call;
    self.End(std::move(call), {.status = std::move(status), .response = std::nullopt, .stages = {}});
  }

  static void Read(std::unique_ptr<ModelCall> call) {
    if (!call->question_->IsLongToRead()) return Infer(std::move(call));
    ThreadPool& workers = call->services_.codec_workers;
    if (ContinueOnWorker(workers, call, [](std::unique_ptr<ModelCall> self) { Infer(std::move(self)); })) return;
    const StatusCode code = call->facts_.too_many_to_read;
    Refuse(std::move(call), Status(code, "too many large requests are being read; try again later"));
  }

  // On the loop or a codec worker.
  static void Infer(std::unique_ptr<ModelCall> call) {
    ModelCall& self = *call;
    std::unique_ptr<InferRequest> request = std::move(self.infer_);
    Status status = self.ReadQuestion(*request);
    Engine& engine = self.services_.engine;
    const TimePoint answer_by = self.facts_.answer_by;
    AnswerDeadlines* const deadlines = self.services_.deadlines;
    if (status.ok() && deadlines != nullptr) {
      request->reply = Reply(deadlines->Watch(std::move(call), answer_by));
    } else {
      request->reply = Reply(std::move(call));
    }
    if (status.ok()) return engine.Infer(std::move(request));
    request->stages.answered = Clock::System().Now();
    request->reply.Finish(std::move(status), request->stages);
  }

  Status ReadQuestion(InferRequest& request) {
    // Not for keeping: it keeps the model.
    const std::shared_ptr<const Signature> signature = std::move(signature_);
    // Others wait for this worker.
    if (request.cancellation.cancelled()) return Cancelled("the client went away before its request was read");
    return question_->Read(*signature, request);
  }

  const ModelCallServices services_;
  const ModelCallFacts facts_;
  const std::unique_ptr<ModelQuestion> question_;
  std::unique_ptr<InferRequest> infer_;  // until the engine has it
  TracedRequest traced_;
  std::shared_ptr<const Signature> signature_;  // shared with the model, until the question is read
  Status loading_;
  bool several_responses_ = false;
  std::optional<Outcome> outcome_;
  std::optional<Status> written_;
};

}  // namespace

void StartModelCall(const ModelCallServices& services, const ModelCallFacts& facts,
                    std::unique_ptr<InferRequest> request, std::unique_ptr<ModelQuestion> question) {
  ModelCall::Start(std::make_unique<ModelCall>(services, facts, std::move(request), std::move(question)));
}

}  // namespace trireme
