// SPDX-License-Identifier: Apache-2.0
#include "protocols/torchserve/prediction.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "base/task.h"
#include "dialect/codec_job.h"
#include "protocols/torchserve/python_answer.h"
#include "protocols/torchserve/request_inputs.h"
#include "tracing/traced_request.h"
#include "wire/kserve/json_data.h"

namespace trireme::torchserve {
namespace {

// What takes about 200 us to read or to write: what a loop should not do while other connections wait.
constexpr size_t kLargeTextBytes = 256 << 10;

// One prediction on its way. It owns itself: through the Reply while the engine has it, and as a task while it travels
// between threads; it ends where the answer is sent, on its loop.
class Prediction final : public ReplySink, public Task {
 public:
  Prediction(const Services& services, PredictionRequest request, Target target, std::unique_ptr<Asker> asker)
      : services_(services), request_(std::move(request)), target_(std::move(target)), asker_(std::move(asker)) {
    infer_->model = target_.engine_name;
    infer_->version = target_.version;
    infer_->caller = request_.caller;
    infer_->cancellation = request_.cancellation;
    infer_->deadline = request_.deadline;
    if (target_.patience.count() > 0) {
      infer_->deadline = std::min(infer_->deadline, request_.received + target_.patience);
    }
    infer_->stages.received = request_.received;
    infer_->loop = &asker_->executor();
    infer_->trace = request_.trace;
    traced_.Begin(services_.tracer, request_.protocol, *infer_);
  }

  static void Start(std::unique_ptr<Prediction> call) {
    Prediction& self = *call;
    Engine& engine = self.services_.engine;
    self.signature_ = engine.FindSignature(self.target_.engine_name, self.target_.version);
    if (self.signature_ != nullptr) return Read(std::move(call));
    // Shared by the copies that a std::function makes of itself.
    auto waiting = std::make_shared<std::unique_ptr<Prediction>>(std::move(call));
    engine.WhenLoaded(self.target_.engine_name, self.target_.version, self.request_.deadline, [waiting](Status status) {
      std::unique_ptr<Prediction> loaded = std::move(*waiting);
      loaded->loading_ = std::move(status);
      Executor& loop = loaded->asker_->executor();
      ContinueOnLoop(loop, std::move(loaded));
    });
  }

  void Respond(InferResponse /*response*/) override { several_responses_ = true; }

  void End(std::unique_ptr<ReplySink> self, Outcome outcome) override {
    outcome_ = std::move(outcome);
    asker_->Release();
    if (several_responses_) {
      outcome_->response.reset();
      outcome_->status =
          Unsupported("this model gives several responses a request, which TorchServe's clients cannot take");
    }
    EncodeAndContinue(services_.codec_workers, asker_->executor(),
                      std::unique_ptr<Prediction>(static_cast<Prediction*>(self.release())), IsLargeAnswer());
  }

  // On the loop or a codec worker.
  void Encode() {
    const TimePoint begin = Clock::System().Now();
    if (!outcome_->response) {
      encoded_ = outcome_->status.ok() ? Internal("the model gave no response") : outcome_->status;
      return;
    }
    encoded_ = EncodePythonAnswer(outcome_->response->outputs, form_);
    services_.engine.RecordEncode(outcome_->response->model, Clock::System().Now() - begin);
  }

  // On the loop: the model is loaded now, or not; or the end of the way.
  void Run() override {
    std::unique_ptr<Prediction> self(this);
    if (!outcome_) return GoOn(std::move(self));
    if (!encoded_) Encode();
    traced_.End(services_.tracer, *outcome_, outcome_->response ? encoded_->status() : Status());
    if (encoded_->ok()) {
      asker_->Answer(*std::move(*encoded_));
    } else {
      asker_->Fail(WhatFailed(encoded_->status()));
    }
  }

 private:
  static void GoOn(std::unique_ptr<Prediction> call) {
    Prediction& self = *call;
    if (self.loading_.ok()) {
      self.signature_ = self.services_.engine.FindSignature(self.target_.engine_name, self.target_.version);
    }
    if (self.signature_ != nullptr) return Read(std::move(call));
    Refuse(std::move(call), self.loading_.ok() ? Unavailable("the model has just gone") : self.loading_);
  }

  static void Refuse(std::unique_ptr<Prediction> call, Status status) {
    Prediction& self = *call;
    self.End(std::move(call), {.status = std::move(status), .response = std::nullopt, .stages = {}});
  }

  static void Read(std::unique_ptr<Prediction> call) {
    if (call->request_.bytes <= kLargeTextBytes) return Infer(std::move(call));
    ThreadPool& workers = call->services_.codec_workers;
    if (ContinueOnWorker(workers, call, [](std::unique_ptr<Prediction> self) { Infer(std::move(self)); })) return;
    // No line of a model's is full, which is what kOverloaded means here.
    Refuse(std::move(call), Unavailable("too many large requests are being read; try again later"));
  }

  // On the loop or a codec worker.
  static void Infer(std::unique_ptr<Prediction> call) {
    Prediction& self = *call;
    std::unique_ptr<InferRequest> request = std::move(self.infer_);
    Status status = self.ReadInputs(*request);
    Engine& engine = self.services_.engine;
    request->reply = Reply(std::move(call));
    if (status.ok()) return engine.Infer(std::move(request));
    request->stages.answered = Clock::System().Now();
    request->reply.Finish(std::move(status), request->stages);
  }

  Status ReadInputs(InferRequest& request) {
    if (request_.cancellation.cancelled()) return Cancelled("the client went away before its request was read");
    // Not for keeping: it keeps the model.
    const std::shared_ptr<const Signature> signature = std::move(signature_);
    ASSIGN_OR_RETURN(const std::vector<RequestPart> parts, asker_->Parts());
    ASSIGN_OR_RETURN(RequestInputs found, InputsOf(*signature, PictureInput(), parts, services_.pool));
    form_ = {.is_lone_row = found.is_lone_row, .as_predictions = found.has_instances};
    if (found.has_pictures) {
      form_.json_output = services_.engine.AnswerOutput(target_.engine_name, target_.version);
    }
    request.inputs = std::move(found.inputs);
    return {};
  }

  std::string PictureInput() const { return services_.engine.PictureInput(target_.engine_name, target_.version); }

  bool IsLargeAnswer() const {
    if (!outcome_->response) return false;
    size_t bytes = 0;
    for (const NamedTensor& output : outcome_->response->outputs) bytes += kserve::EstimateJsonData(output.tensor);
    return bytes > kLargeTextBytes;
  }

  bool HasModel() const {
    const std::vector<ModelStatus> models = services_.engine.Index();
    return std::ranges::any_of(models, [&](const ModelStatus& model) { return model.id.name == target_.engine_name; });
  }

  // In TorchServe's words where it has some.
  Failure WhatFailed(const Status& status) const {
    switch (status.code()) {
      case StatusCode::kNotFound:
        if (!request_.version.empty() && HasModel()) return VersionNotFound(request_.model, request_.version);
        return ModelNotFound(request_.model);
      // What its clients try again on.
      case StatusCode::kOverloaded:
        return NoWorker(request_.model, request_.version);
      case StatusCode::kInternal:
        return {.type = ErrorType::kInternalServer, .message = "Prediction failed: " + status.message(), .http = 503};
      default:
        return FailureOf(status);
    }
  }

  const Services& services_;
  const PredictionRequest request_;
  const Target target_;
  const std::unique_ptr<Asker> asker_;
  std::unique_ptr<InferRequest> infer_ = std::make_unique<InferRequest>();  // until the engine has it
  TracedRequest traced_;
  std::shared_ptr<const Signature> signature_;  // shared with the model, until the input is read
  Status loading_;
  AnswerForm form_;
  bool several_responses_ = false;
  std::optional<Outcome> outcome_;
  std::optional<Result<std::string>> encoded_;
};

}  // namespace

void StartPrediction(const Services& services, PredictionRequest request, std::unique_ptr<Asker> asker) {
  std::variant<Target, Failure> found = services.book.Find(request.model, request.version);
  if (const Failure* const failure = std::get_if<Failure>(&found)) return asker->Fail(*failure);
  Prediction::Start(
      std::make_unique<Prediction>(services, std::move(request), std::get<Target>(std::move(found)), std::move(asker)));
}

}  // namespace trireme::torchserve
