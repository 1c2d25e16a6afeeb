// SPDX-License-Identifier: Apache-2.0
#include "protocols/sagemaker/plain_call.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "dialect/model_call.h"
#include "dialect/request_headers.h"
#include "dialect/server_timing.h"
#include "model/infer_request.h"
#include "protocols/sagemaker/plain_answer.h"
#include "tensor/bytes_elements.h"
#include "wire/kserve/json_data.h"
#include "wire/sagemaker/csv.h"
#include "wire/sagemaker/libsvm.h"
#include "wire/sagemaker/nested_json.h"
#include "wire/sagemaker/npy.h"

namespace trireme::sagemaker {
namespace {

// Text of this size takes about 200 us to read or to write: what a loop should not do while other connections wait.
constexpr size_t kLargeTextBytes = 256 << 10;
constexpr size_t kLargeArrayBytes = 1 << 20;

std::string_view TextOf(const net::HttpRequest& http) {
  return {reinterpret_cast<const char*>(http.body.data()), http.body.size()};
}

bool IsLarge(Format format, size_t bytes) {
  return bytes > (format == Format::kNpy || format == Format::kPicture ? kLargeArrayBytes : kLargeTextBytes);
}

// What the body is for: a model's one input, or the one that it cannot do without.
Result<const TensorSpec*> InputOf(const Signature& signature, const PlainRequest& request) {
  const std::vector<TensorSpec>& inputs = signature.inputs;
  const auto is_needed = [](const TensorSpec& input) { return !input.optional; };
  if (inputs.size() == 1) return &inputs.front();
  if (std::ranges::count_if(inputs, is_needed) == 1) return &*std::ranges::find_if(inputs, is_needed);
  return InvalidArgument(
      "model '" + request.model + "' has " + std::to_string(inputs.size()) +
      " inputs: expected a body of KServe V2, {\"inputs\": [...]}, found " +
      (request.body == Format::kJson ? "an array or \"instances\"" : std::string(MediaTypeOf(request.body))) +
      ", which holds one");
}

// The body as the one element of a tensor of BYTES.
Tensor PictureTensor(std::span<const std::byte> body, MemoryPool& pool) {
  const auto bytes = static_cast<uint32_t>(body.size());
  Tensor tensor{.type = DataType::kBytes, .shape = {1}, .data = Buffer::Take(pool, sizeof(bytes) + body.size())};
  std::memcpy(tensor.data.mutable_data(), &bytes, sizeof(bytes));
  std::memcpy(tensor.data.mutable_data() + sizeof(bytes), body.data(), body.size());
  return tensor;
}

// The answer for people that was made of a model's outputs, under this name; null: these are the outputs themselves.
const Tensor* OnlyAnswer(const InferResponse& response, std::string_view name) {
  if (name.empty() || response.outputs.size() != 1 || response.outputs.front().name != name) return nullptr;
  const Tensor& output = response.outputs.front().tensor;
  return output.type == DataType::kBytes && output.shape == Shape{1} ? &output : nullptr;
}

// What is asked of a model in one of SageMaker's forms, and how it is answered.
class PlainQuestion final : public ModelQuestion {
 public:
  PlainQuestion(const Services& services, PlainRequest request, net::HttpReply reply)
      : services_(services), request_(std::move(request)), reply_(std::move(reply)) {}

  bool IsLongToRead() const override {
    // A short text may be a large tensor.
    return request_.body == Format::kLibsvm || IsLarge(request_.body, request_.http.body.size());
  }

  Status Read(const Signature& signature, InferRequest& request) override {
    if (request_.body == Format::kPicture) return ReadPicture(request);
    ASSIGN_OR_RETURN(const TensorSpec* input, InputOf(signature, request_));
    Result<Tensor> tensor = ReadTensor(*input);
    if (!tensor.ok()) return std::move(tensor).status().Within("input '" + input->name + "'");
    request.inputs.push_back({.name = input->name, .tensor = *std::move(tensor)});
    return {};
  }

  void Release() override { request_.http.body = {}; }

  bool IsLongToWrite(const InferResponse& response) const override {
    size_t bytes = 0;
    for (const NamedTensor& output : response.outputs) bytes += kserve::EstimateJsonData(output.tensor);
    return IsLarge(request_.answer, bytes);
  }

  Status Write(const InferResponse& response) override {
    if (const Tensor* text = OnlyAnswer(response, made_output_)) {
      answer_.headers.emplace_back("Content-Type", MediaTypeOf(Format::kJson));
      answer_.body = BytesReader(text->data.bytes()).Next().value_or("");
      return {};
    }
    ASSIGN_OR_RETURN(answer_, EncodePlainAnswer(response, request_.answer, has_instances_));
    return {};
  }

  void End(const Status& status, std::string timing) override {
    if (!status.ok()) answer_ = services_.v2.error(status);
    AddServerTiming(answer_, std::move(timing));
    reply_.Send(std::move(answer_));
  }

  Executor& executor() override { return reply_.executor(); }

 private:
  Status ReadPicture(InferRequest& request) {
    std::string input = services_.engine.PictureInput(request_.model, {});
    if (input.empty()) {
      return InvalidArgument("model '" + request_.model + "' takes no pictures: expected a tensor, found a picture");
    }
    if (request_.http.body.size() > std::numeric_limits<uint32_t>::max()) {
      return TooLarge("expected a picture of at most 4294967295 bytes, found " +
                      std::to_string(request_.http.body.size()));
    }
    made_output_ = services_.engine.AnswerOutput(request_.model, {});
    request.inputs.push_back({.name = std::move(input), .tensor = PictureTensor(request_.http.body, services_.pool)});
    return {};
  }

  Result<Tensor> ReadTensor(const TensorSpec& input) {
    const net::HttpRequest& http = request_.http;
    switch (request_.body) {
      case Format::kCsv:
        return ReadCsv(TextOf(http), input, services_.pool);
      case Format::kNpy:
        return ReadNpy(http.body, http.storage, input, services_.pool);
      case Format::kLibsvm:
        return ReadLibsvm(TextOf(http), input, services_.pool);
      case Format::kJson:
      case Format::kPicture:
        break;
    }
    has_instances_ = FormOfJson(TextOf(http)) == JsonForm::kInstances;
    return ReadNestedJson(TextOf(http), input, services_.pool);
  }

  const Services& services_;
  PlainRequest request_;
  net::HttpReply reply_;
  std::string made_output_;  // of pictures; empty: none came, or nothing is made of what the model gives
  bool has_instances_ = false;
  net::HttpResponse answer_;
};

std::unique_ptr<InferRequest> InferRequestOf(const PlainRequest& request, const Identity& identity) {
  auto infer = std::make_unique<InferRequest>();
  infer->protocol = "sagemaker";
  infer->model = request.model;
  infer->caller = {.principal = identity.principal, .tenant = identity.tenant};
  infer->cancellation = request.http.cancellation;
  infer->deadline = request.http.deadline;
  infer->stages.received = request.http.received;
  infer->trace = TraceOf(request.http);
  return infer;
}

}  // namespace

void StartPlainCall(const Services& services, PlainRequest request, const Identity& identity, net::HttpReply reply) {
  const ModelCallFacts facts{
      .protocol = "http",
      .several_responses = "this model gives several responses a request: expected the inference type generate",
      .load_deadline = request.http.deadline};
  std::unique_ptr<InferRequest> infer = InferRequestOf(request, identity);
  StartModelCall({.engine = services.engine,
                  .codec_workers = services.codec_workers,
                  .tracer = services.tracer,
                  .tells_timing = services.tells_timing},
                 facts, std::move(infer),
                 std::make_unique<PlainQuestion>(services, std::move(request), std::move(reply)));
}

}  // namespace trireme::sagemaker
