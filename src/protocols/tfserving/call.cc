// SPDX-License-Identifier: Apache-2.0
#include "protocols/tfserving/call.h"

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "base/task.h"
#include "dialect/codec_job.h"
#include "dialect/server_timing.h"
#include "protocols/tfserving/failure.h"
#include "tracing/traced_request.h"
#include "wire/tfserving/predict_json.h"

namespace trireme::tfserving {
namespace {

// One call on its way. It owns itself: through the Reply while the engine has it, and as a task while it travels
// between threads; it ends where the answer is sent, on its loop.
class Call final : public ReplySink, public Task {
 public:
  Call(const Services& services, CallFacts facts, std::unique_ptr<Question> question)
      : services_(services), facts_(std::move(facts)), question_(std::move(question)) {
    BeginRun(facts_.received);
  }

  static void Start(std::unique_ptr<Call> call) {
    Call& self = *call;
    Engine& engine = self.services_.engine;
    self.FindSignature();
    if (self.look_.signature != nullptr) return Read(std::move(call));
    engine.WhenLoaded(self.facts_.spec.name, self.facts_.spec.version, self.facts_.deadline, GoesOn(std::move(call)));
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
    answered_ = model.version;
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
    if (written_->ok() && question_->AsksMore()) return AskMore(std::move(self));
    if (!written_->ok()) written_ = InItsWords(services_.engine, facts_.spec, *std::move(written_));
    Count(*written_);
    if (services_.tells_timing)
      question_->TakeTiming(ServerTiming(outcome_->status, outcome_->stages, Clock::System().Now()));
    if (written_->ok()) {
      question_->Answer();
    } else {
      question_->Fail(*written_);
    }
  }

 private:
  void BeginRun(TimePoint received) {
    infer_ = std::make_unique<InferRequest>();
    infer_->protocol = "tfserving";
    infer_->model = facts_.spec.name;
    infer_->version = facts_.spec.version;
    infer_->caller = facts_.caller;
    infer_->cancellation = facts_.cancellation;
    infer_->deadline = facts_.deadline;
    infer_->stages.received = received;
    infer_->loop = &question_->executor();
    infer_->trace = facts_.trace;
    traced_ = TracedRequest();
    traced_.Begin(services_.tracer, facts_.protocol, *infer_);
  }

  // Of the version that has answered so far, whatever comes meanwhile.
  static void AskMore(std::unique_ptr<Call> call) {
    Call& self = *call;
    self.facts_.spec.version = self.answered_;
    self.outcome_.reset();
    self.written_.reset();
    self.BeginRun(Clock::System().Now());
    Start(std::move(call));
  }

  void FindSignature() { look_ = services_.engine.LookAtSignature(facts_.spec.name, facts_.spec.version, ""); }

  // What it waits for is there now, or not: it goes on with that on its loop.
  static std::function<void(Status)> GoesOn(std::unique_ptr<Call> call) {
    // Shared by the copies that a std::function makes of itself.
    auto waiting = std::make_shared<std::unique_ptr<Call>>(std::move(call));
    return [waiting](Status status) {
      std::unique_ptr<Call> self = std::move(*waiting);
      self->loading_ = std::move(status);
      Executor& loop = self->question_->executor();
      ContinueOnLoop(loop, std::move(self));
    };
  }

  static void GoOn(std::unique_ptr<Call> call) {
    Call& self = *call;
    // What was to be opened of it has just been replaced.
    if (self.loading_.code() == StatusCode::kCancelled) return Start(std::move(call));
    if (self.loading_.ok()) self.FindSignature();
    if (self.look_.signature != nullptr) return Read(std::move(call));
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
    Status status = self.ChooseSignature();
    Engine& engine = self.services_.engine;
    if (status.ok() && self.look_.signature == nullptr) {
      return engine.WhenSignatureOpen(self.facts_.spec.name, self.facts_.spec.version, self.infer_->signature,
                                      self.facts_.deadline, GoesOn(std::move(call)));
    }
    std::unique_ptr<InferRequest> request = std::move(self.infer_);
    if (status.ok()) status = self.ReadQuestion(*request);
    request->reply = Reply(std::move(call));
    if (status.ok()) return engine.Infer(std::move(request));
    request->stages.answered = Clock::System().Now();
    request->reply.Finish(std::move(status), request->stages);
  }

  // Of the model's; the look has none if that is not open yet.
  Status ChooseSignature() {
    if (facts_.cancellation.cancelled()) return GoneAway();
    std::string named = question_->SignatureName();
    if (named.empty() && LacksDefault(look_.file.get()) && !IsChosen()) named = kDefaultSignature;
    Result<std::string> signature = FindSignatureName(look_.file.get(), named, question_->asked_by());
    if (!signature.ok()) {
      question_->MissSignature();
      return std::move(signature).status();
    }
    infer_->signature = *std::move(signature);
    if (infer_->signature.empty()) return {};
    look_ = services_.engine.LookAtSignature(facts_.spec.name, facts_.spec.version, infer_->signature);
    return {};
  }

  // Whether the model's config says which of its file's signatures it is.
  bool IsChosen() const {
    const Result<ModelDescription> model = services_.engine.Describe(facts_.spec.name, facts_.spec.version);
    return model.ok() && model->config.runtime_parameters.contains("signature");
  }

  Status ReadQuestion(InferRequest& request) {
    // Not for keeping: it keeps the model.
    const SignatureLook look = std::exchange(look_, {});
    std::string picture_input;
    if (request.signature.empty()) picture_input = services_.engine.PictureInput(request.model, request.version);
    return question_->Read({*look.signature, look.file.get(), std::move(picture_input)}, request);
  }

  // Others wait for this worker.
  static Status GoneAway() { return Cancelled("the client went away before its request was read"); }

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
  CallFacts facts_;
  const std::unique_ptr<Question> question_;
  std::unique_ptr<InferRequest> infer_;  // until the engine has it
  TracedRequest traced_;
  SignatureLook look_;    // until the question is read
  int64_t answered_ = 0;  // the version that did
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
