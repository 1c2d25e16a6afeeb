// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/infer_call.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

#include "model/infer_request.h"
#include "net/http_chars.h"
#include "protocols/kserve/http_status.h"
#include "protocols/kserve/path_version.h"
#include "protocols/kserve/server_timing.h"
#include "wire/kserve/infer_request_message.h"
#include "wire/kserve/infer_response_message.h"

namespace trireme::kserve {
namespace {

constexpr std::string_view kLowerHeaderLengthName = "inference-header-content-length";

// JSON of this size takes about 200 us to read: what a loop should not do while other connections wait. Of the binary
// form only strings, flags and what lies crooked have to be walked through, faster.
constexpr size_t kLargeJsonBytes = 256 << 10;
constexpr size_t kLargeBodyBytes = 1 << 20;

bool IsBinary(const NamedTensor& output, const ResponseForm& form) {
  const auto listed = std::find_if(form.outputs.begin(), form.outputs.end(),
                                   [&](const OutputForm& wanted) { return wanted.name == output.name; });
  return listed == form.outputs.end() ? form.outputs.empty() && form.binary_data_output : listed->binary;
}

bool IsLarge(const InferResponse& response, const ResponseForm& form) {
  size_t json_bytes = 0;
  size_t walked_bytes = 0;
  for (const NamedTensor& output : response.outputs) {
    if (!IsBinary(output, form)) {
      json_bytes += 3 * output.tensor.data.size();  // an element is about three times as long in text
    } else if (output.tensor.type == DataType::kBytes) {
      walked_bytes += output.tensor.data.size();
    }
  }
  return json_bytes > kLargeJsonBytes || walked_bytes > kLargeBodyBytes;
}

// The JSON's length; nothing if the whole body is JSON. With two of the header, whoever else reads this request may
// split it elsewhere.
Result<std::optional<size_t>> JsonLength(const net::HttpRequest& http) {
  const std::string_view* found = nullptr;
  for (const net::HttpHeader& header : http.headers) {
    if (!net::EqualsIgnoringCase(header.name, kLowerHeaderLengthName)) continue;
    if (found != nullptr) return InvalidArgument(std::string(kHeaderLengthName) + ": expected once, found twice");
    found = &header.value;
  }
  if (found == nullptr) return std::optional<size_t>();
  ASSIGN_OR_RETURN(const size_t length, ParseHeaderLength(*found, http.body.size()));
  return std::optional<size_t>(length);
}

// An id is any text, a header is short visible ASCII: one that does not fit is echoed in the body alone.
bool FitsHeader(std::string_view id) {
  constexpr size_t kMostBytes = 256;
  return !id.empty() && id.size() <= kMostBytes &&
         std::all_of(id.begin(), id.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

// One request on its way. It owns itself: through the Reply while the engine has it, and as a task while it travels
// between threads; it ends where the answer is sent, on its loop.
class InferCall final : public ReplySink, public Task {
 public:
  InferCall(const InferServices& services, net::HttpRequest http, net::HttpReply reply, std::string model,
            std::optional<int64_t> version, const Identity& identity)
      : services_(services),
        http_(std::move(http)),
        reply_(std::move(reply)),
        request_(std::make_unique<InferRequest>()) {
    request_->model = std::move(model);
    request_->version = version;
    request_->caller = {.principal = identity.principal, .tenant = identity.tenant};
    request_->cancellation = http_.cancellation;
    request_->stages.received = http_.received;
    if (const std::string_view* parent = http_.Find("traceparent")) request_->trace.traceparent = *parent;
    if (const std::string_view* state = http_.Find("tracestate")) request_->trace.tracestate = *state;
    Result<std::optional<size_t>> length = JsonLength(http_);
    if (length.ok()) {
      header_length_ = *length;
    } else {
      header_error_ = length.status();
    }
  }

  static void Start(std::unique_ptr<InferCall> call) {
    const bool large = call->JsonBytes() > kLargeJsonBytes || call->http_.body.size() > kLargeBodyBytes;
    if (!large) return Decode(std::move(call));
    // A job must be copyable; the call is owned by the raw pointer until it runs.
    InferCall* raw = call.get();
    if (raw->services_.codec_workers.Submit([raw] { Decode(std::unique_ptr<InferCall>(raw)); })) {
      (void)call.release();  // NOLINT(bugprone-unused-return-value): the job has it now
    } else {
      raw->End(std::move(call), {.status = Overloaded("too many large JSON requests are being read; try again later"),
                                 .response = std::nullopt,
                                 .stages = {}});
    }
  }

  void Respond(InferResponse /*response*/) override { several_responses_ = true; }

  void End(std::unique_ptr<ReplySink> self, Outcome outcome) override {
    outcome_ = std::move(outcome);
    http_.body = {};
    if (several_responses_) {
      outcome_.response.reset();
      outcome_.status =
          Unsupported("this model gives several responses a request; HTTP infer carries one: use gRPC streams");
    }
    InferCall* raw = static_cast<InferCall*>(self.release());
    if (raw->outcome_.response && IsLarge(*raw->outcome_.response, raw->form_)) {
      const bool taken = raw->services_.codec_workers.Submit([raw] {
        raw->Encode();
        raw->reply_.executor().Post(raw);
      });
      if (taken) return;
    }
    if (raw->reply_.executor().OnThread()) {
      raw->Run();
    } else {
      raw->reply_.executor().Post(raw);
    }
  }

  // On the loop: the end of the way.
  void Run() override {
    const std::unique_ptr<InferCall> self(this);
    if (!encoded_) Encode();
    reply_.Send(std::move(*encoded_));
  }

 private:
  size_t JsonBytes() const { return header_length_ ? *header_length_ : http_.body.size(); }

  // On the loop or a codec worker.
  static void Decode(std::unique_ptr<InferCall> call) {
    InferCall& self = *call;
    Status status = self.ReadBody();
    std::unique_ptr<InferRequest> request = std::move(self.request_);
    Engine& engine = self.services_.engine;
    request->reply = Reply(std::move(call));
    if (!status.ok()) {
      request->stages.answered = Clock::System().Now();
      request->reply.Finish(std::move(status), request->stages);
      return;
    }
    engine.Infer(std::move(request));
  }

  Status ReadBody() {
    if (!header_error_.ok()) return header_error_;
    ASSIGN_OR_RETURN(
        InferRequestMessage message,
        DecodeInferRequest({.bytes = http_.body, .keep_alive = http_.storage, .json_bytes = header_length_},
                           services_.pool));
    InferRequest& request = *request_;
    request.id = message.form.id.value_or("");
    request.inputs = std::move(message.inputs);
    request.outputs.reserve(message.form.outputs.size());
    for (const OutputForm& output : message.form.outputs) {
      request.outputs.push_back({.name = output.name, .index = -1, .destination = {}});
    }
    request.sequence = std::move(message.sequence);
    request.priority = message.priority;
    request.parameters = std::move(message.parameters);
    if (message.timeout) request.deadline = http_.received + *message.timeout;
    form_ = std::move(message.form);
    return {};
  }

  // On the loop or a codec worker.
  void Encode() {
    const TimePoint begin = Clock::System().Now();
    if (!outcome_.response) {
      encoded_ = ErrorResponse(outcome_.status);
    } else if (Result<EncodedBody> body = EncodeInferResponse(*outcome_.response, form_); !body.ok()) {
      encoded_ = ErrorResponse(body.status());
    } else {
      encoded_ = Success(*std::move(body));
      services_.engine.RecordEncode(outcome_.response->model, Clock::System().Now() - begin);
    }
    if (form_.id && FitsHeader(*form_.id)) encoded_->headers.emplace_back("X-Request-Id", *form_.id);
    if (std::string timing = ServerTiming(outcome_.stages, Clock::System().Now()); !timing.empty()) {
      encoded_->headers.emplace_back("Server-Timing", std::move(timing));
    }
  }

  static net::HttpResponse Success(EncodedBody body) {
    net::HttpResponse response;
    response.headers.reserve(4);
    response.headers.emplace_back("Content-Type", body.content_type());
    if (const std::optional<size_t> length = body.header_length()) {
      response.headers.emplace_back(kHeaderLengthName, std::to_string(*length));
    }
    response.body = std::move(body.json);
    response.parts.reserve(body.tensors.size());
    for (const Buffer& tensor : body.tensors) {
      response.parts.push_back({.bytes = tensor.bytes(), .keep_alive = tensor.keep_alive()});
    }
    return response;
  }

  const InferServices& services_;
  net::HttpRequest http_;
  net::HttpReply reply_;
  std::optional<size_t> header_length_;
  Status header_error_;
  std::unique_ptr<InferRequest> request_;  // until the engine has it
  ResponseForm form_;
  bool several_responses_ = false;
  Outcome outcome_;
  std::optional<net::HttpResponse> encoded_;
};

}  // namespace

void StartInferCall(const InferServices& services, net::HttpRequest http, const PathArguments& arguments,
                    const Identity& identity, net::HttpReply reply) {
  const Result<std::optional<int64_t>> version = ParsePathVersion(arguments.version);
  if (!version.ok()) {
    reply.Send(ErrorResponse(version.status()));
    return;
  }
  InferCall::Start(std::make_unique<InferCall>(services, std::move(http), std::move(reply),
                                               std::string(arguments.model), *version, identity));
}

net::BodyPlan PlanInferBody(const net::HttpRequest& head) {
  net::BodyPlan plan;
  if (const std::string_view* encoding = head.Find("content-encoding");
      encoding != nullptr && *encoding != "identity") {
    plan.refusal = ErrorResponse(
        Unsupported("Content-Encoding '" + std::string(*encoding) + "' is not supported; expected none or identity"));
    plan.refusal->status = 415;
    plan.refusal->headers.emplace_back("Accept-Encoding", "identity");
    return plan;
  }
  // Only a hint here: the value is checked when the body has come.
  if (const std::string_view* length = head.Find(kLowerHeaderLengthName)) {
    std::from_chars(length->data(), length->data() + length->size(), plan.align_at);
  }
  return plan;
}

}  // namespace trireme::kserve
