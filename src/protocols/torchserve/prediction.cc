// SPDX-License-Identifier: Apache-2.0
#include "protocols/torchserve/prediction.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "dialect/model_call.h"
#include "protocols/torchserve/python_answer.h"
#include "protocols/torchserve/request_inputs.h"
#include "wire/kserve/json_data.h"

namespace trireme::torchserve {
namespace {

// What takes about 200 us to read or to write: what a loop should not do while other connections wait.
constexpr size_t kLargeTextBytes = 256 << 10;

// What is asked of a model, and what is answered in TorchServe's words.
class Prediction final : public ModelQuestion {
 public:
  Prediction(const Services& services, PredictionRequest request, Target target, std::unique_ptr<Asker> asker)
      : services_(services), request_(std::move(request)), target_(std::move(target)), asker_(std::move(asker)) {}

  bool IsLongToRead() const override { return request_.bytes > kLargeTextBytes; }

  Status Read(const Signature& signature, InferRequest& request) override {
    ASSIGN_OR_RETURN(const std::vector<RequestPart> parts, asker_->Parts());
    ASSIGN_OR_RETURN(RequestInputs found, InputsOf(signature, PictureInput(), parts, services_.pool));
    form_ = {.is_lone_row = found.is_lone_row, .as_predictions = found.has_instances};
    if (found.has_pictures) {
      form_.json_output = services_.engine.AnswerOutput(target_.engine_name, target_.version);
    }
    request.inputs = std::move(found.inputs);
    return {};
  }

  void Release() override { asker_->Release(); }

  bool IsLongToWrite(const InferResponse& response) const override {
    size_t bytes = 0;
    for (const NamedTensor& output : response.outputs) bytes += kserve::EstimateJsonData(output.tensor);
    return bytes > kLargeTextBytes;
  }

  Status Write(const InferResponse& response) override {
    ASSIGN_OR_RETURN(answer_, EncodePythonAnswer(response.outputs, form_));
    return {};
  }

  void End(const Status& status, std::string timing) override {
    asker_->TakeTiming(std::move(timing));
    if (status.ok()) {
      asker_->Answer(std::move(answer_));
    } else {
      asker_->Fail(WhatFailed(status));
    }
  }

  Executor& executor() override { return asker_->executor(); }

 private:
  std::string PictureInput() const { return services_.engine.PictureInput(target_.engine_name, target_.version); }

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
        // Not for want of workers, if somebody knows when.
        if (status.try_again_in().count() > 0) return FailureOf(status);
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
  AnswerForm form_;
  std::string answer_;
};

std::unique_ptr<InferRequest> InferRequestOf(const PredictionRequest& request, const Target& target) {
  auto infer = std::make_unique<InferRequest>();
  infer->protocol = "torchserve";
  infer->model = target.engine_name;
  infer->version = target.version;
  infer->caller = request.caller;
  infer->cancellation = request.cancellation;
  infer->deadline = request.deadline;
  if (target.patience.count() > 0) infer->deadline = std::min(infer->deadline, request.received + target.patience);
  infer->stages.received = request.received;
  infer->trace = request.trace;
  return infer;
}

TimePoint AnswerBy(const PredictionRequest& request, const Target& target) {
  if (target.response_timeout.count() == 0) return request.deadline;
  return std::min(request.deadline, request.received + target.response_timeout);
}

}  // namespace

void StartPrediction(const Services& services, PredictionRequest request, std::unique_ptr<Asker> asker) {
  std::variant<Target, Failure> found = services.book.Find(request.model, request.version);
  if (const Failure* const failure = std::get_if<Failure>(&found)) return asker->Fail(*failure);
  Target target = std::get<Target>(std::move(found));
  const ModelCallFacts facts{
      .protocol = request.protocol,
      .several_responses = "this model gives several responses a request, which TorchServe's clients cannot take",
      .too_many_to_read = StatusCode::kUnavailable,  // no line of a model's is full, which is what kOverloaded means
      .load_deadline = request.deadline,
      .answer_by = AnswerBy(request, target)};
  std::unique_ptr<InferRequest> infer = InferRequestOf(request, target);
  StartModelCall({.engine = services.engine,
                  .codec_workers = services.codec_workers,
                  .tracer = services.tracer,
                  .deadlines = services.deadlines,
                  .tells_timing = services.tells_timing},
                 facts, std::move(infer),
                 std::make_unique<Prediction>(services, std::move(request), std::move(target), std::move(asker)));
}

}  // namespace trireme::torchserve
