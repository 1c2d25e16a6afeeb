// SPDX-License-Identifier: Apache-2.0
#include "protocols/tfserving/grpc_questions.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "protocols/tfserving/failure.h"
#include "protocols/tfserving/labels.h"
#include "wire/tfserving/inference_proto.h"
#include "wire/tfserving/predict_json.h"
#include "wire/tfserving/predict_proto.h"
#include "wire/tfserving/results.h"

namespace trireme::tfserving {
namespace {

// Elements that have to be walked through take some 1 to 2 ns a byte: more than a loop has time for.
constexpr size_t kLongWalkBytes = 96 << 10;

std::string SignatureOrDefault(const std::string& name) {
  return name.empty() ? std::string(kDefaultSignature) : name;
}

// {a,b}
template <typename Names>
std::string Set(const Names& names) {
  std::string set;
  for (const auto& name : names) set += (set.empty() ? "" : ",") + std::string(name);
  return "{" + set + "}";
}

// What is sent is what the signature has, as TF Serving says where it is not.
Status CheckInputs(const std::vector<NamedTensor>& sent, const Signature& signature) {
  std::vector<std::string_view> extra;
  std::vector<std::string_view> missing;
  std::vector<std::string_view> sent_names;
  std::vector<std::string_view> wanted;
  for (const NamedTensor& input : sent) {
    sent_names.push_back(input.name);
    if (FindSpec(signature.inputs, input.name) < 0) extra.push_back(input.name);
  }
  for (const TensorSpec& spec : signature.inputs) {
    wanted.push_back(spec.name);
    const bool is_there = std::ranges::find(sent_names, spec.name) != sent_names.end();
    if (!is_there && !spec.optional) missing.push_back(spec.name);
  }
  if (extra.empty() && missing.empty()) return {};
  return InvalidArgument("input size does not match signature: " + std::to_string(sent.size()) +
                         "!=" + std::to_string(signature.inputs.size()) + " len(" + Set(sent_names) + ") != len(" +
                         Set(wanted) + "). Sent extra: " + Set(extra) + ". Missing but required: " + Set(missing) +
                         ".");
}

Result<std::vector<RequestedOutput>> FilteredOutputs(const std::vector<std::string>& filter,
                                                     const Signature& signature) {
  std::vector<RequestedOutput> outputs;
  for (const std::string& name : filter) {
    if (FindSpec(signature.outputs, name) < 0) {
      std::vector<std::string_view> names;
      for (const TensorSpec& spec : signature.outputs) names.push_back(spec.name);
      return InvalidArgument("output tensor alias not found in signature: " + name +
                             " Outputs expected to be in the set " + Set(names) + ".");
    }
    const auto is_same = [&](const RequestedOutput& other) { return other.name == name; };
    if (std::ranges::any_of(outputs, is_same)) return InvalidArgument("duplicate output tensor alias: " + name);
    outputs.push_back({.name = name, .destination = {}});
  }
  return outputs;
}

// What both have in common.
class GrpcQuestion : public Question {
 public:
  GrpcQuestion(net::GrpcMessage message, net::GrpcReply reply)
      : message_(std::move(message)), reply_(std::move(reply)) {}

  void Answer() final { reply_.Finish(std::move(written_)); }
  void Fail(const Status& status) final { reply_.Finish(ErrorStatus(status)); }
  Executor& executor() final { return reply_.executor(); }

 protected:
  net::GrpcMessage message_;
  net::GrpcPayload written_;

 private:
  net::GrpcReply reply_;
};

class GrpcPredict final : public GrpcQuestion {
 public:
  GrpcPredict(const Services& services, net::GrpcMessage message, net::GrpcReply reply)
      : GrpcQuestion(std::move(message), std::move(reply)), services_(services) {}

  bool IsLongToRead() const override { return tfserving::IsLongToRead(message_.bytes); }

  Status Read(const Signature& signature, InferRequest& request) override {
    ASSIGN_OR_RETURN(PredictRequest read,
                     DecodePredictRequest(message_.bytes, message_.storage, services_.max_body_bytes, services_.pool));
    RETURN_IF_ERROR(CheckSignatureName(read.spec.signature_name, /*is_predict=*/true));
    signature_name_ = SignatureOrDefault(read.spec.signature_name);
    RETURN_IF_ERROR(CheckInputs(read.inputs, signature));
    ASSIGN_OR_RETURN(request.outputs, FilteredOutputs(read.output_filter, signature));
    request.inputs = std::move(read.inputs);
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
  std::string signature_name_;
};

// The answers to all tasks are made of one run: there is one signature, and each task asks about another one.
class GrpcInference final : public GrpcQuestion {
 public:
  GrpcInference(const Services& services, ExamplesMethod method, net::GrpcMessage message, net::GrpcReply reply)
      : GrpcQuestion(std::move(message), std::move(reply)), services_(services), method_(method) {}

  bool IsLongToRead() const override { return message_.bytes.size() > kLongWalkBytes; }

  Status Read(const Signature& signature, InferRequest& request) override {
    ASSIGN_OR_RETURN(InferenceRequest read, Decode());
    for (const InferenceTask& task : read.tasks) {
      RETURN_IF_ERROR(CheckSignatureName(task.spec.signature_name, /*is_predict=*/false));
      ASSIGN_OR_RETURN(ResultOutputs outputs, FindResultOutputs(signature, task.kind));
      outputs_.push_back(std::move(outputs));
    }
    ASSIGN_OR_RETURN(request.inputs,
                     InputsOfExamples(read.examples, signature, services_.max_body_bytes, services_.pool));
    tasks_ = std::move(read.tasks);
    return {};
  }

  void Release() override {
    message_.bytes = {};
    message_.storage.reset();
  }

  bool IsLongToWrite(const InferResponse& response) const override {
    return EstimateJson(response.outputs) > kLongWalkBytes;
  }

  Status Write(InferResponse response) override {
    std::vector<InferenceAnswer> answers;
    std::vector<std::shared_ptr<const ModelLabels>> labels;  // which the answers view
    for (size_t i = 0; i < tasks_.size(); ++i) {
      labels.push_back(LabelsOf(services_.engine, response.model, outputs_[i]));
      ASSIGN_OR_RETURN(Results results, ResultsOf(response, outputs_[i], tasks_[i].kind, *labels.back()));
      answers.push_back(
          {.signature_name = SignatureOrDefault(tasks_[i].spec.signature_name), .results = std::move(results)});
    }
    written_.text = method_ == ExamplesMethod::kMultiInference
                        ? EncodeMultiInferenceResponse(response.model, answers)
                        : EncodeInferenceResponse(response.model, answers.front());
    return {};
  }

 private:
  Result<InferenceRequest> Decode() const {
    if (method_ == ExamplesMethod::kMultiInference) return DecodeMultiInferenceRequest(message_.bytes);
    return DecodeInferenceRequest(message_.bytes,
                                  method_ == ExamplesMethod::kClassify ? ResultKind::kClassify : ResultKind::kRegress);
  }

  const Services& services_;
  const ExamplesMethod method_;
  std::vector<InferenceTask> tasks_;
  std::vector<ResultOutputs> outputs_;  // of each task
};

}  // namespace

std::unique_ptr<Question> PredictOverGrpc(const Services& services, net::GrpcMessage message, net::GrpcReply reply) {
  return std::make_unique<GrpcPredict>(services, std::move(message), std::move(reply));
}

std::unique_ptr<Question> InferOverGrpc(const Services& services, ExamplesMethod method, net::GrpcMessage message,
                                        net::GrpcReply reply) {
  return std::make_unique<GrpcInference>(services, method, std::move(message), std::move(reply));
}

}  // namespace trireme::tfserving
