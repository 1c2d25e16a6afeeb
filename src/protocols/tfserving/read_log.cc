// SPDX-License-Identifier: Apache-2.0
#include "protocols/tfserving/read_log.h"

#include <memory>
#include <span>
#include <utility>

#include "protocols/tfserving/read_predict.h"
#include "wire/tfserving/examples.h"
#include "wire/tfserving/inference_proto.h"
#include "wire/tfserving/predict_proto.h"
#include "wire/tfserving/prediction_log.h"
#include "wire/tfserving/results.h"

namespace trireme::tfserving {
namespace {

// One log while it is read.
class LogReading {
 public:
  LogReading(const AskedModel& model, bool is_default, size_t max_bytes, MemoryPool& pool)
      : model_(model), is_default_(is_default), max_bytes_(max_bytes), pool_(pool) {}

  Result<std::vector<LogQuestion>> Read(std::string_view log) {
    ASSIGN_OR_RETURN(const PredictionLog read, DecodePredictionLog(log));
    RETURN_IF_ERROR(read.kind == PredictionLog::Kind::kPredict ? AddPredict(read.request) : AddTasks(read));
    return std::move(questions_);
  }

 private:
  // A server that reads its own logs knows which model they are of: behind this, a name of the message's own counts.
  static std::shared_ptr<const std::string> WithModel(std::string_view request) {
    return std::make_shared<const std::string>(EncodePredictModel("model", "") + std::string(request));
  }

  Result<std::string> SignatureOf(const std::string& name, AskedBy asked_by) const {
    if (is_default_) return FindSignatureName(model_.file, name, asked_by);
    return name == model_.signature_name() ? std::string() : (name.empty() ? std::string("another") : name);
  }

  Status AddPredict(std::string_view message) {
    const std::shared_ptr<const std::string> storage = WithModel(message);
    const std::span<const std::byte> bytes = std::as_bytes(std::span(*storage));
    ASSIGN_OR_RETURN(const ModelSpec spec, ReadSpec(bytes, SpecPlace::kMessage));
    LogQuestion& question = questions_.emplace_back();
    ASSIGN_OR_RETURN(question.signature, SignatureOf(spec.signature_name, AskedBy::kPredictOverGrpc));
    if (!question.signature.empty()) return {};
    InferRequest request;
    RETURN_IF_ERROR(ReadPredict(bytes, storage, model_, max_bytes_, pool_, request).status());
    question.inputs = std::move(request.inputs);
    question.outputs = std::move(request.outputs);
    return {};
  }

  Status AddTasks(const PredictionLog& log) {
    const std::shared_ptr<const std::string> storage = WithModel(log.request);
    ASSIGN_OR_RETURN(const InferenceRequest read, Decode(log, *storage));
    for (const InferenceTask& task : read.tasks) {
      LogQuestion& question = questions_.emplace_back();
      ASSIGN_OR_RETURN(question.signature, SignatureOf(task.spec.signature_name, AskedBy::kExamples));
      if (!question.signature.empty()) continue;
      RETURN_IF_ERROR(CheckMethod(model_, task.kind));
      RETURN_IF_ERROR(FindResultOutputs(model_.signature, task.kind).status());
      ASSIGN_OR_RETURN(question.inputs,
                       InputsOfExamples(read.examples, model_.signature, model_.features(), max_bytes_, pool_));
    }
    return {};
  }

  static Result<InferenceRequest> Decode(const PredictionLog& log, const std::string& with_model) {
    if (log.kind == PredictionLog::Kind::kMultiInference) {
      return DecodeMultiInferenceRequest(std::as_bytes(std::span(log.request)));
    }
    return DecodeInferenceRequest(std::as_bytes(std::span(with_model)), log.kind == PredictionLog::Kind::kClassify
                                                                            ? ResultKind::kClassify
                                                                            : ResultKind::kRegress);
  }

  const AskedModel& model_;
  const bool is_default_;
  const size_t max_bytes_;
  MemoryPool& pool_;
  std::vector<LogQuestion> questions_;
};

}  // namespace

Result<std::vector<LogQuestion>> ReadLog(std::string_view log, const AskedModel& model, bool is_default,
                                         size_t max_bytes, MemoryPool& pool) {
  return LogReading(model, is_default, max_bytes, pool).Read(log);
}

}  // namespace trireme::tfserving
