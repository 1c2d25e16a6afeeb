// SPDX-License-Identifier: Apache-2.0
#include "protocols/tfserving/grpc_questions.h"

#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dialect/server_timing.h"
#include "protocols/tfserving/failure.h"
#include "protocols/tfserving/labels.h"
#include "protocols/tfserving/read_predict.h"
#include "wire/tfserving/inference_proto.h"
#include "wire/tfserving/predict_json.h"
#include "wire/tfserving/predict_proto.h"
#include "wire/tfserving/results.h"

namespace trireme::tfserving {
namespace {

// Elements that have to be walked through take some 1 to 2 ns a byte: more than a loop has time for.
constexpr size_t kLongWalkBytes = 96 << 10;

// What both have in common.
class GrpcQuestion : public Question {
 public:
  GrpcQuestion(net::GrpcMessage message, net::GrpcReply reply)
      : message_(std::move(message)), reply_(std::move(reply)) {}

  void TakeTiming(std::string timing) final { timing_ = std::move(timing); }
  void Answer() final { FinishWithTiming(reply_, std::move(written_), std::move(timing_)); }
  void Fail(const Status& status) final {
    net::GrpcStatus answer = ErrorStatus(status);
    if (misses_signature_) answer.code = net::GrpcCode::kFailedPrecondition;
    AddServerTiming(answer, std::move(timing_));
    reply_.Finish(std::move(answer));
  }
  Executor& executor() final { return reply_.executor(); }

 protected:
  net::GrpcMessage message_;
  net::GrpcPayload written_;
  bool misses_signature_ = false;

 private:
  net::GrpcReply reply_;
  std::string timing_;
};

class GrpcPredict final : public GrpcQuestion {
 public:
  GrpcPredict(const Services& services, std::string signature_name, net::GrpcMessage message, net::GrpcReply reply)
      : GrpcQuestion(std::move(message), std::move(reply)),
        services_(services),
        asked_signature_(std::move(signature_name)) {}

  bool IsLongToRead() override { return tfserving::IsLongToRead(message_.bytes); }
  std::string SignatureName() override { return asked_signature_; }
  AskedBy asked_by() const override { return AskedBy::kPredictOverGrpc; }
  void MissSignature() override { misses_signature_ = true; }

  Status Read(const AskedModel& model, InferRequest& request) override {
    signature_name_ = model.signature_name();
    ASSIGN_OR_RETURN(widened_, ReadPredict(message_.bytes, message_.storage, model, services_.max_body_bytes,
                                           services_.pool, request));
    return {};
  }

  // Tensors that view it have it.
  void Release() override {
    message_.bytes = {};
    message_.storage.reset();
  }

  bool IsLongToWrite(const InferResponse& response) const override {
    size_t walked = 0;
    for (const NamedTensor& output : response.outputs) {
      const DataType type = output.tensor.type;
      const bool is_sent_as_it_is = type == DataType::kFp32 || type == DataType::kFp64 || type == DataType::kBool;
      if (!is_sent_as_it_is) walked += output.tensor.data.size();
    }
    return walked > kLongWalkBytes;
  }

  Status Write(InferResponse response) override {
    if (widened_) NarrowRows(response.outputs);
    ASSIGN_OR_RETURN(kserve::EncodedProto encoded,
                     EncodePredictResponse(response, signature_name_, services_.options.encoding));
    written_.text = std::move(encoded.text);
    written_.inserts.reserve(encoded.inserts.size());
    for (const kserve::EncodedProto::Insert& insert : encoded.inserts) {
      written_.inserts.push_back(
          {.at = insert.at, .part = {.bytes = insert.bytes.bytes(), .keep_alive = insert.bytes.keep_alive()}});
    }
    return {};
  }

 private:
  const Services& services_;
  const std::string asked_signature_;
  std::string signature_name_;
  bool widened_ = false;
};

// Each task asks about a signature of its own, and is a run of its own.
class GrpcInference final : public GrpcQuestion {
 public:
  GrpcInference(const Services& services, ExamplesMethod method, net::GrpcMessage message, net::GrpcReply reply)
      : GrpcQuestion(std::move(message), std::move(reply)), services_(services), method_(method) {}

  bool IsLongToRead() override { return message_.bytes.size() > kLongWalkBytes; }
  std::string SignatureName() override {
    if (!decoded_) read_ = Decode();
    decoded_ = true;
    return read_.ok() ? task().spec.signature_name : "";
  }
  AskedBy asked_by() const override { return AskedBy::kExamples; }

  Status Read(const AskedModel& model, InferRequest& request) override {
    RETURN_IF_ERROR(read_.status());
    RETURN_IF_ERROR(CheckMethod(model, task().kind));
    ASSIGN_OR_RETURN(outputs_, FindResultOutputs(model.signature, task().kind));
    ASSIGN_OR_RETURN(request.inputs, InputsOfExamples(read_->examples, model.signature, model.features(),
                                                      services_.max_body_bytes, services_.pool));
    signature_name_ = model.signature_name();
    return {};
  }

  void Release() override {
    if (!read_.ok() || answers_.size() + 1 < read_->tasks.size()) return;
    message_.bytes = {};
    message_.storage.reset();
  }

  bool IsLongToWrite(const InferResponse& response) const override {
    return EstimateJson(response.outputs) > kLongWalkBytes;
  }

  Status Write(InferResponse response) override {
    labels_.push_back(LabelsOf(services_.engine, response.model, outputs_));
    responses_.push_back(std::move(response));
    ASSIGN_OR_RETURN(Results results, ResultsOf(responses_.back(), outputs_, task().kind, *labels_.back()));
    answers_.push_back({.signature_name = std::move(signature_name_), .results = std::move(results)});
    if (AsksMore()) return {};
    const ModelId& model = responses_.back().model;
    written_.text = method_ == ExamplesMethod::kMultiInference ? EncodeMultiInferenceResponse(model, answers_)
                                                               : EncodeInferenceResponse(model, answers_.front());
    return {};
  }

  bool AsksMore() const override { return answers_.size() < read_->tasks.size(); }

 private:
  Result<InferenceRequest> Decode() const {
    if (method_ == ExamplesMethod::kMultiInference) return DecodeMultiInferenceRequest(message_.bytes);
    return DecodeInferenceRequest(message_.bytes,
                                  method_ == ExamplesMethod::kClassify ? ResultKind::kClassify : ResultKind::kRegress);
  }
  // The first that is not answered.
  const InferenceTask& task() const { return read_->tasks[answers_.size()]; }

  const Services& services_;
  const ExamplesMethod method_;
  bool decoded_ = false;
  Result<InferenceRequest> read_ = InferenceRequest();  // views of the message
  ResultOutputs outputs_;                               // of the task that is asked
  std::string signature_name_;                          // the same
  std::vector<InferenceAnswer> answers_;
  std::list<InferResponse> responses_;                      // which the answers view
  std::vector<std::shared_ptr<const ModelLabels>> labels_;  // the same; shared with the model
};

}  // namespace

std::unique_ptr<Question> PredictOverGrpc(const Services& services, std::string signature_name,
                                          net::GrpcMessage message, net::GrpcReply reply) {
  return std::make_unique<GrpcPredict>(services, std::move(signature_name), std::move(message), std::move(reply));
}

std::unique_ptr<Question> InferOverGrpc(const Services& services, ExamplesMethod method, net::GrpcMessage message,
                                        net::GrpcReply reply) {
  return std::make_unique<GrpcInference>(services, method, std::move(message), std::move(reply));
}

}  // namespace trireme::tfserving
