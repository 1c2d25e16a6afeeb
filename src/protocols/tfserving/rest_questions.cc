// SPDX-License-Identifier: Apache-2.0
#include "protocols/tfserving/rest_questions.h"

#include <string>
#include <string_view>
#include <utility>

#include "dialect/content_coding.h"
#include "dialect/http_answer.h"
#include "dialect/request_body.h"
#include "dialect/server_timing.h"
#include "protocols/tfserving/failure.h"
#include "protocols/tfserving/labels.h"
#include "wire/tfserving/examples_json.h"
#include "wire/tfserving/predict_json.h"

namespace trireme::tfserving {
namespace {

// What takes about 200 us to read or to write: what a loop should not do while other connections wait.
constexpr size_t kLargeTextBytes = 256 << 10;

// The route has refused bodies of a coding that nobody reads.
ContentCoding KnownCoding(const net::HttpRequest& http) {
  const Result<ContentCoding> coding = CodingOfBody(http);
  return coding.ok() ? *coding : ContentCoding::kIdentity;
}

// What both have in common.
class RestQuestion : public Question {
 public:
  RestQuestion(const Services& services, net::HttpRequest http, net::HttpReply reply)
      : http_(std::move(http)),
        body_(services.pool, services.inflated, http_,
              {.coding = KnownCoding(http_), .max_bytes = services.max_body_bytes, .limit_name = kBodyLimitName}),
        reply_(std::move(reply)) {}

  bool IsLongToRead() final {
    if (!unpacked_.ok()) return false;
    const Result<bool> whole = body_.Begin();
    unpacked_ = whole.status();
    return whole.ok() && (!*whole || body_.bytes().size() > kLargeTextBytes);
  }
  std::string SignatureName() final {
    if (unpacked_.ok()) unpacked_ = body_.Finish();
    return named_ = SignatureNameIn(body());
  }
  void Release() final {
    http_.body = {};
    http_.headers = {};
    http_.storage.reset();
    body_.Release();
  }
  bool IsLongToWrite(const InferResponse& response) const final {
    return EstimateJson(response.outputs) > kLargeTextBytes;
  }
  void TakeTiming(std::string timing) final { timing_ = std::move(timing); }
  void Answer() final { Send(JsonAnswer(std::move(written_))); }
  void Fail(const Status& status) final { Send(ErrorAnswer(status)); }
  Executor& executor() final { return reply_.executor(); }

 protected:
  // Empty where it could not be inflated.
  std::string_view body() const { return body_.text(); }
  const Status& unpacked() const { return unpacked_; }
  // What was read says the same as what was looked for before.
  Status CheckSignatureName(const std::string& read) const {
    if (read == named_) return {};
    return InvalidArgument("signature_name: expected a member whose name is written without escapes");
  }
  Status Keep(Result<std::string> written) {
    if (!written.ok()) return std::move(written).status();
    written_ = *std::move(written);
    return {};
  }

 private:
  void Send(net::HttpResponse response) {
    AddServerTiming(response, std::move(timing_));
    reply_.Send(std::move(response));
  }

  net::HttpRequest http_;
  RequestBody body_;
  Status unpacked_;
  net::HttpReply reply_;
  std::string named_;  // the signature
  std::string written_;
  std::string timing_;
};

class RestPredict final : public RestQuestion {
 public:
  RestPredict(const Services& services, net::HttpRequest http, net::HttpReply reply)
      : RestQuestion(services, std::move(http), std::move(reply)), services_(services) {}

  AskedBy asked_by() const override { return AskedBy::kPredictOverRest; }
  Status Read(const AskedModel& model, InferRequest& request) override {
    RETURN_IF_ERROR(unpacked());
    // Pixels come as numbers, files as {"b64": "..."}.
    const bool has_pictures = !model.picture_input.empty() && body().find("\"b64\"") != std::string_view::npos;
    ASSIGN_OR_RETURN(const Signature sent, has_pictures ? SignatureOfPictures(model) : SignatureOfPredict(model));
    ASSIGN_OR_RETURN(PredictBody read, DecodePredict(body(), sent, services_.pool));
    RETURN_IF_ERROR(CheckSignatureName(read.signature_name));
    form_ = read.form;
    RETURN_IF_ERROR(ParseExamples(model, read.inputs, services_.max_body_bytes, services_.pool));
    request.inputs = std::move(read.inputs);
    widened_ = WidenRows(model.signature, request.inputs);
    return {};
  }
  Status Write(InferResponse response) override {
    if (widened_) NarrowRows(response.outputs);
    return Keep(EncodePredictions(response.outputs, form_));
  }

 private:
  const Services& services_;
  PredictForm form_ = PredictForm::kRows;
  bool widened_ = false;
};

class RestInference final : public RestQuestion {
 public:
  RestInference(const Services& services, ResultKind kind, net::HttpRequest http, net::HttpReply reply)
      : RestQuestion(services, std::move(http), std::move(reply)), services_(services), kind_(kind) {}

  AskedBy asked_by() const override { return AskedBy::kExamples; }
  Status Read(const AskedModel& model, InferRequest& request) override {
    RETURN_IF_ERROR(unpacked());
    ASSIGN_OR_RETURN(const ExamplesBody read,
                     DecodeExamples(body(), kind_ == ResultKind::kClassify ? "classify" : "regress"));
    RETURN_IF_ERROR(CheckSignatureName(read.signature_name));
    RETURN_IF_ERROR(CheckMethod(model, kind_));
    ASSIGN_OR_RETURN(outputs_, FindResultOutputs(model.signature, kind_));
    ASSIGN_OR_RETURN(request.inputs, InputsOfExamples(read.views(), model.signature, model.features(),
                                                      services_.max_body_bytes, services_.pool));
    return {};
  }
  Status Write(InferResponse response) override {
    const auto labels = LabelsOf(services_.engine, response.model, outputs_);
    ASSIGN_OR_RETURN(const Results results, ResultsOf(response, outputs_, kind_, *labels));
    return Keep(EncodeResults(results));
  }

 private:
  const Services& services_;
  const ResultKind kind_;
  ResultOutputs outputs_;
};

}  // namespace

std::unique_ptr<Question> PredictOverRest(const Services& services, net::HttpRequest http, net::HttpReply reply) {
  return std::make_unique<RestPredict>(services, std::move(http), std::move(reply));
}

std::unique_ptr<Question> InferOverRest(const Services& services, ResultKind kind, net::HttpRequest http,
                                        net::HttpReply reply) {
  return std::make_unique<RestInference>(services, kind, std::move(http), std::move(reply));
}

}  // namespace trireme::tfserving
