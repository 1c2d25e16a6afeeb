// SPDX-License-Identifier: Apache-2.0
#include "protocols/tfserving/call.h"

#include <optional>
#include <utility>

#include "base/task.h"
#include "dialect/codec_job.h"
#include "protocols/tfserving/failure.h"
#include "tracing/traced_request.h"

namespace trireme::tfserving {
namespace {

// One call on its way. It owns itself: through the Reply while the engine has it, and as a task while it travels
// between threads; it ends where the answer is sent, on its loop.
class Call final : public ReplySink, public Task {
 public:
  Call(const Services& services, CallFacts facts, std::unique_ptr<Question> question)
      : services_(services), facts_(std::move(facts)), question_(std::move(question)) {
    infer_->model = facts_.spec.name;
    infer_->version = facts_.spec.version;
    infer_->caller = facts_.caller;
    infer_->cancellation = facts_.cancellation;
    infer_->deadline = facts_.deadline;
    infer_->stages.received = facts_.received;
    infer_->loop = &question_->executor();
    infer_->trace = facts_.trace;
    traced_.Begin(services_.tracer, facts_.protocol, *infer_);
  }

  static void Start(std::unique_ptr<Call> call) {
    Call& self = *call;
    Engine& engine = self.services_.engine;
    self.FindSignature();
    if (self.signature_ != nullptr) return Read(std::move(call));
    // Shared by the copies that a std::function makes of itself.
    auto waiting = std::make_shared<std::unique_ptr<Call>>(std::move(call));
    engine.WhenLoaded(self.facts_.spec.name, self.facts_.spec.version, self.facts_.deadline, [waiting](Status status) {
      std::unique_ptr<Call> loaded = std::move(*waiting);
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
      outcome_->status =
          Unsupported("this model gives several responses a request, which TF Serving's clients cannot take");
    }
    const bool is_long = outcome_->response && question_->IsLongToWrite(*outcome_->response);
    EncodeAndContinue(services_.codec_workers, question_->executor(),
                      std::unique_ptr<Call>(static_cast<Call*>(self.release())), is_long);
  }

  // On the loop or a codec worker.
  void Encode() {
    const TimePoint begin = Clock::System().Now();
    if (!outcome_->response) {
      written_ = outcome_->status.ok() ? Internal("the model gave no response") : outcome_->status;
      return;
    }
    const ModelId model = outcome_->response->model;
    written_ = question_->Write(*std::move(outcome_->response));
    services_.engine.RecordEncode(model, Clock::System().Now() - begin);
  }

  // On the loop: the model is loaded now, or not; or the end of the way.
  void Run() override {
    std::unique_ptr<Call> self(this);
    if (!outcome_) return GoOn(std::move(self));
    const bool has_response = outcome_->response.has_value() || written_.has_value();
    if (!written_) Encode();
    traced_.End(services_.tracer, *outcome_, has_response ? *written_ : Status());
    if (!written_->ok()) written_ = InItsWords(services_.engine, facts_.spec, *std::move(written_));
    Count(*written_);
    if (written_->ok()) {
      question_->Answer();
    } else {
      question_->Fail(*written_);
    }
  }

 private:
  void FindSignature() { signature_ = services_.engine.FindSignature(facts_.spec.name, facts_.spec.version); }

  static void GoOn(std::unique_ptr<Call> call) {
    Call& self = *call;
    if (self.loading_.ok()) self.FindSignature();
    if (self.signature_ != nullptr) return Read(std::move(call));
    Refuse(std::move(call), self.loading_.ok() ? Unavailable("the model has just gone") : self.loading_);
  }

  static void Refuse(std::unique_ptr<Call> call, Status status) {
    Call& self = *call;
    self.End(std::move(call), {.status = std::move(status), .response = std::nullopt, .stages = {}});
  }

  static void Read(std::unique_ptr<Call> call) {
    if (!call->question_->IsLongToRead()) return Infer(std::move(call));
    ThreadPool& workers = call->services_.codec_workers;
    if (ContinueOnWorker(workers, call, [](std::unique_ptr<Call> self) { Infer(std::move(self)); })) return;
    Refuse(std::move(call), Overloaded("too many large requests are being read; try again later"));
  }

  // On the loop or a codec worker.
  static void Infer(std::unique_ptr<Call> call) {
    Call& self = *call;
    std::unique_ptr<InferRequest> request = std::move(self.infer_);
    Status status = self.ReadQuestion(*request);
    Engine& engine = self.services_.engine;
    request->reply = Reply(std::move(call));
    if (status.ok()) return engine.Infer(std::move(request));
    request->stages.answered = Clock::System().Now();
    request->reply.Finish(std::move(status), request->stages);
  }

  Status ReadQuestion(InferRequest& request) {
    // Not for keeping: it keeps the model.
    const std::shared_ptr<const Signature> signature = std::move(signature_);
    // Others wait for this worker.
    if (facts_.cancellation.cancelled()) return Cancelled("the client went away before its request was read");
    return question_->Read(*signature, request);
  }

  // Of a name that nobody knows there is no series.
  void Count(const Status& status) {
    const bool is_known = status.code() != StatusCode::kNotFound;
    services_.counts.Add({.model = is_known ? std::string_view(facts_.spec.name) : std::string_view(),
                          .api = facts_.api,
                          .entrypoint = facts_.entrypoint,
                          .status = CodeName(status),
                          .took = Clock::System().Now() - facts_.received});
  }

  const Services& services_;
  const CallFacts facts_;
  const std::unique_ptr<Question> question_;
  std::unique_ptr<InferRequest> infer_ = std::make_unique<InferRequest>();  // until the engine has it
  TracedRequest traced_;
  std::shared_ptr<const Signature> signature_;  // shared with the model, until the question is read
  Status loading_;
  bool several_responses_ = false;
  std::optional<Outcome> outcome_;
  std::optional<Status> written_;
};

}  // namespace

void StartCall(const Services& services, CallFacts facts, std::unique_ptr<Question> question) {
  Call::Start(std::make_unique<Call>(services, std::move(facts), std::move(question)));
}

}  // namespace trireme::tfserving
