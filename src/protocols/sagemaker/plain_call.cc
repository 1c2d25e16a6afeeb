// SPDX-License-Identifier: Apache-2.0
#include "protocols/sagemaker/plain_call.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/task.h"
#include "dialect/codec_job.h"
#include "model/infer_request.h"
#include "protocols/sagemaker/plain_answer.h"
#include "tensor/bytes_elements.h"
#include "tracing/traced_request.h"
#include "wire/kserve/json_data.h"
#include "wire/sagemaker/csv.h"
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

std::string HeaderOf(const net::HttpRequest& http, std::string_view lower_case_name) {
  const std::string_view* const value = http.Find(lower_case_name);
  return value == nullptr ? std::string() : std::string(*value);
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
  if (response.outputs.size() != 1 || response.outputs.front().name != name) return nullptr;
  const Tensor& output = response.outputs.front().tensor;
  return output.type == DataType::kBytes && output.shape == Shape{1} ? &output : nullptr;
}

// One request on its way. It owns itself: through the Reply while the engine has it, and as a task while it travels
// between threads; it ends where the answer is sent, on its loop.
class PlainCall final : public ReplySink, public Task {
 public:
  PlainCall(const Services& services, PlainRequest request, const Identity& identity, net::HttpReply reply)
      : services_(services), request_(std::move(request)), reply_(std::move(reply)) {
    infer_->model = request_.model;
    infer_->caller = {.principal = identity.principal, .tenant = identity.tenant};
    infer_->cancellation = request_.http.cancellation;
    infer_->stages.received = request_.http.received;
    infer_->loop = &reply_.executor();
    infer_->trace = {.traceparent = HeaderOf(request_.http, "traceparent"),
                     .tracestate = HeaderOf(request_.http, "tracestate")};
    traced_.Begin(services_.tracer, "http", *infer_);
  }

  static void Start(std::unique_ptr<PlainCall> call) {
    PlainCall& self = *call;
    self.signature_ = self.services_.engine.FindSignature(self.request_.model, {});
    if (self.signature_ != nullptr) return Read(std::move(call));
    // Shared by the copies that a std::function makes of itself.
    auto waiting = std::make_shared<std::unique_ptr<PlainCall>>(std::move(call));
    self.services_.engine.WhenLoaded(self.request_.model, {}, kNever, [waiting](Status status) {
      std::unique_ptr<PlainCall> loaded = std::move(*waiting);
      loaded->loading_ = std::move(status);
      net::Executor& loop = loaded->reply_.executor();
      ContinueOnLoop(loop, std::move(loaded));
    });
  }

  void Respond(InferResponse /*response*/) override { several_responses_ = true; }

  void End(std::unique_ptr<ReplySink> self, Outcome outcome) override {
    outcome_ = std::move(outcome);
    request_.http.body = {};
    if (several_responses_) {
      outcome_->response.reset();
      outcome_->status =
          Unsupported("this model gives several responses a request: expected the inference type generate");
    }
    EncodeAndContinue(services_.codec_workers, reply_.executor(),
                      std::unique_ptr<PlainCall>(static_cast<PlainCall*>(self.release())), IsLargeAnswer());
  }

  // On the loop or a codec worker.
  void Encode() {
    const TimePoint begin = Clock::System().Now();
    if (!outcome_->response) {
      encoded_ = services_.v2.error(outcome_->status);
      return;
    }
    if (const Tensor* text = OnlyAnswer(*outcome_->response, made_output_)) {
      encoded_.emplace();
      encoded_->headers.emplace_back("Content-Type", MediaTypeOf(Format::kJson));
      encoded_->body = BytesReader(text->data.bytes()).Next().value_or("");
      return;
    }
    Result<net::HttpResponse> answer = EncodePlainAnswer(*outcome_->response, request_.answer, has_instances_);
    encoding_ = answer.status();
    encoded_ = answer.ok() ? *std::move(answer) : services_.v2.error(encoding_);
    services_.engine.RecordEncode(outcome_->response->model, Clock::System().Now() - begin);
  }

  // On the loop: the model is loaded now, or not; or the end of the way.
  void Run() override {
    std::unique_ptr<PlainCall> self(this);
    if (!outcome_) return GoOn(std::move(self));
    if (!encoded_) Encode();
    traced_.End(services_.tracer, *outcome_, encoding_);
    reply_.Send(std::move(*encoded_));
  }

 private:
  static void GoOn(std::unique_ptr<PlainCall> call) {
    PlainCall& self = *call;
    if (self.loading_.ok()) self.signature_ = self.services_.engine.FindSignature(self.request_.model, {});
    if (self.signature_ != nullptr) return Read(std::move(call));
    Refuse(std::move(call),
           self.loading_.ok() ? Unavailable("model '" + self.request_.model + "' has just gone") : self.loading_);
  }

  static void Refuse(std::unique_ptr<PlainCall> call, Status status) {
    PlainCall& self = *call;
    self.End(std::move(call), {.status = std::move(status), .response = std::nullopt, .stages = {}});
  }

  static void Read(std::unique_ptr<PlainCall> call) {
    if (!IsLarge(call->request_.body, call->request_.http.body.size())) return Infer(std::move(call));
    ThreadPool& workers = call->services_.codec_workers;
    if (ContinueOnWorker(workers, call, [](std::unique_ptr<PlainCall> self) { Infer(std::move(self)); })) return;
    Refuse(std::move(call), Overloaded("too many large requests are being read; try again later"));
  }

  // On the loop or a codec worker.
  static void Infer(std::unique_ptr<PlainCall> call) {
    PlainCall& self = *call;
    std::unique_ptr<InferRequest> request = std::move(self.infer_);
    Status status = self.ReadInput(*request);
    Engine& engine = self.services_.engine;
    request->reply = Reply(std::move(call));
    if (status.ok()) return engine.Infer(std::move(request));
    request->stages.answered = Clock::System().Now();
    request->reply.Finish(std::move(status), request->stages);
  }

  Status ReadInput(InferRequest& request) {
    if (request_.http.cancellation.cancelled()) return Cancelled("the client went away before its request was read");
    // Not for keeping: it keeps the model.
    const std::shared_ptr<const Signature> signature = std::move(signature_);
    if (request_.body == Format::kPicture) return ReadPicture(request);
    ASSIGN_OR_RETURN(const TensorSpec* input, InputOf(*signature, request_));
    Result<Tensor> tensor = ReadTensor(*input);
    if (!tensor.ok()) return std::move(tensor).status().Within("input '" + input->name + "'");
    request.inputs.push_back({.name = input->name, .tensor = *std::move(tensor)});
    return {};
  }

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
      case Format::kJson:
      case Format::kPicture:
        break;
    }
    has_instances_ = FormOfJson(TextOf(http)) == JsonForm::kInstances;
    return ReadNestedJson(TextOf(http), input, services_.pool);
  }

  bool IsLargeAnswer() const {
    if (!outcome_->response) return false;
    size_t bytes = 0;
    for (const NamedTensor& output : outcome_->response->outputs) bytes += kserve::EstimateJsonData(output.tensor);
    return IsLarge(request_.answer, bytes);
  }

  const Services& services_;
  PlainRequest request_;
  net::HttpReply reply_;
  std::unique_ptr<InferRequest> infer_ = std::make_unique<InferRequest>();  // until the engine has it
  TracedRequest traced_;
  std::shared_ptr<const Signature> signature_;  // shared with the model, until the input is read
  Status loading_;
  std::string made_output_;  // of pictures; empty: none came, or nothing is made of what the model gives
  bool has_instances_ = false;
  bool several_responses_ = false;
  std::optional<Outcome> outcome_;
  Status encoding_;
  std::optional<net::HttpResponse> encoded_;
};

}  // namespace

void StartPlainCall(const Services& services, PlainRequest request, const Identity& identity, net::HttpReply reply) {
  PlainCall::Start(std::make_unique<PlainCall>(services, std::move(request), identity, std::move(reply)));
}

}  // namespace trireme::sagemaker
