// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/infer_call.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "codec/picture_kind.h"
#include "dialect/codec_job.h"
#include "dialect/known_model.h"
#include "dialect/request_body.h"
#include "dialect/server_timing.h"
#include "model/infer_request.h"
#include "protocols/kserve/cold_route.h"
#include "protocols/kserve/error_answer.h"
#include "protocols/kserve/fill_request.h"
#include "protocols/kserve/output_classes.h"
#include "protocols/kserve/path_version.h"
#include "protocols/kserve/request_headers.h"
#include "protocols/kserve/response_coding.h"
#include "tracing/traced_request.h"
#include "wire/kserve/infer_request_message.h"
#include "wire/kserve/infer_response_message.h"
#include "wire/kserve/raw_request.h"

namespace trireme::kserve {
namespace {

// JSON of this size takes about 200 us to read: what a loop should not do while other connections wait. Of the binary
// form only strings, flags and what lies crooked have to be walked through, faster.
constexpr size_t kLargeJsonBytes = 256 << 10;
constexpr size_t kLargeBodyBytes = 1 << 20;

bool LooksLikePicture(std::span<const std::byte> body) {
  return PictureKindOf({reinterpret_cast<const char*>(body.data()), body.size()}).has_value();
}

bool IsBinary(const NamedTensor& output, const ResponseForm& form) {
  const auto listed = std::find_if(form.outputs.begin(), form.outputs.end(),
                                   [&](const OutputForm& wanted) { return wanted.name == output.name; });
  return listed == form.outputs.end() ? form.outputs.empty() && form.binary_data_output : listed->binary;
}

// Whether writing the answer takes longer than a loop has time for.
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

size_t DataBytes(const InferResponse& response) {
  size_t bytes = 0;
  for (const NamedTensor& output : response.outputs) bytes += output.tensor.data.size();
  return bytes;
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
            const VersionChoice& version, const Identity& identity)
      : services_(services),
        http_(std::move(http)),
        headers_(ReadRequestHeaders(http_)),
        body_(services.pool, services.inflated, http_,
              {.coding = headers_.body,
               .max_bytes = services.max_body_bytes,
               .limit_name = kBodyLimitName,
               .align_at = headers_.LikelyJsonBytes()}),
        reply_(std::move(reply)),
        request_(std::make_unique<InferRequest>()) {
    request_->protocol = "kserve-http";
    request_->model = std::move(model);
    request_->version = version;
    request_->caller = {.principal = identity.principal, .tenant = identity.tenant};
    request_->cancellation = http_.cancellation;
    request_->deadline = http_.deadline;
    request_->stages.received = http_.received;
    request_->trace = {.traceparent = std::string(headers_.traceparent),
                       .tracestate = std::string(headers_.tracestate)};
    traced_.Begin(services_.tracer, "http", *request_);
  }

  static void Start(std::unique_ptr<InferCall> call) {
    if (!call->IsRaw()) return Read(std::move(call));
    InferCall& self = *call;
    ContinueWhenKnown(self.services_.engine, *self.request_, self.reply_.executor(), std::move(call),
                      [](std::unique_ptr<InferCall> known, Status status) {
                        if (!status.ok()) return Refuse(std::move(known), std::move(status));
                        Read(std::move(known));
                      });
  }

  static void Read(std::unique_ptr<InferCall> call) {
    const Result<bool> whole = call->body_.Begin();
    if (!whole.ok()) return Refuse(std::move(call), whole.status());
    if (*whole && !call->IsLargeRequest()) return DecodeHere(std::move(call));
    OnWorker(std::move(call), [](std::unique_ptr<InferCall> self) {
      Result<InferRequestMessage> message = self->ReadMessage();
      Infer(std::move(self), std::move(message));
    });
  }

  void Respond(InferResponse /*response*/) override { several_responses_ = true; }

  void End(std::unique_ptr<ReplySink> self, Outcome outcome) override {
    outcome_ = std::move(outcome);
    body_.Release();
    http_.body = {};
    if (several_responses_) {
      outcome_.response.reset();
      outcome_.status =
          Unsupported("this model gives several responses a request; HTTP infer carries one: use gRPC streams");
    }
    const bool is_long = outcome_.response && IsLargeAnswer(*outcome_.response);
    EncodeAndContinue(services_.codec_workers, reply_.executor(),
                      std::unique_ptr<InferCall>(static_cast<InferCall*>(self.release())), is_long);
  }

  // On the loop or a codec worker.
  void Encode() {
    const TimePoint begin = Clock::System().Now();
    if (!outcome_.response) {
      encoded_ = ErrorResponse(outcome_.status);
    } else if (Result<EncodedBody> body = EncodeBody(*outcome_.response); !body.ok()) {
      encoding_ = body.status();
      encoded_ = ErrorResponse(encoding_);
    } else {
      encoded_ = Success(*std::move(body));
      CompressResponse(*encoded_, headers_.answer);
      services_.engine.RecordEncode(outcome_.response->model, Clock::System().Now() - begin);
    }
    const std::optional<std::string>& id = plan_.form.id;
    if (id && FitsHeader(*id)) encoded_->headers.emplace_back("X-Request-Id", *id);
    if (services_.tells_timing) {
      AddServerTiming(*encoded_, ServerTiming(outcome_.status, outcome_.stages, Clock::System().Now()));
    }
  }

  // On the loop: the end of the way.
  void Run() override {
    const std::unique_ptr<InferCall> self(this);
    if (!encoded_) Encode();
    traced_.End(services_.tracer, outcome_, encoding_);
    reply_.Send(std::move(*encoded_));
  }

 private:
  // Bytes that mean what the model's only input is.
  bool IsRaw() const { return headers_.json_length && headers_.LikelyJsonBytes() == 0; }

  bool IsLargeRequest() const {
    const size_t json_bytes = headers_.json_length ? headers_.LikelyJsonBytes() : body_.bytes().size();
    return json_bytes > kLargeJsonBytes || body_.bytes().size() > kLargeBodyBytes;
  }

  bool IsLargeAnswer(const InferResponse& response) const {
    const bool compresses = headers_.answer && *headers_.answer != ContentCoding::kIdentity;
    return IsLarge(response, plan_.form) || IsLongToFinish(plan_, response) ||
           (compresses && IsLongToCompress(DataBytes(response)));
  }

  // Before anything was read. On the loop.
  static void Refuse(std::unique_ptr<InferCall> call, Status status) {
    InferCall& self = *call;
    self.End(std::move(call), {.status = std::move(status), .response = std::nullopt, .stages = {}});
  }

  template <typename Job>
  static void OnWorker(std::unique_ptr<InferCall> call, Job job) {
    if (ContinueOnWorker(call->services_.codec_workers, call, job)) return;
    Refuse(std::move(call), Overloaded("too many large requests are being read; try again later"));
  }

  static void DecodeHere(std::unique_ptr<InferCall> call) {
    Result<InferRequestMessage> message = call->ReadMessage();
    if (!message.ok() || !IsLongToPlace(*message)) return Infer(std::move(call), std::move(message));
    call->message_ = *std::move(message);
    OnWorker(std::move(call), [](std::unique_ptr<InferCall> self) {
      InferRequestMessage placed = *std::move(self->message_);
      Infer(std::move(self), std::move(placed));
    });
  }

  // On the loop or a codec worker.
  static void Infer(std::unique_ptr<InferCall> call, Result<InferRequestMessage> message) {
    InferCall& self = *call;
    const Status status = message.ok() ? self.TakeMessage(*std::move(message)) : std::move(message).status();
    std::unique_ptr<InferRequest> request = std::move(self.request_);
    Engine& engine = self.services_.engine;
    request->loop = &self.reply_.executor();
    request->reply = Reply(std::move(call));
    if (!status.ok()) {
      request->stages.answered = Clock::System().Now();
      request->reply.Finish(status, request->stages);
      return;
    }
    engine.Infer(std::move(request));
  }

  Result<InferRequestMessage> ReadMessage() {
    // Others wait for this worker.
    if (http_.cancellation.cancelled()) return Cancelled("the client went away before its request was read");
    RETURN_IF_ERROR(body_.Finish());
    RETURN_IF_ERROR(headers_.length_error);
    ReceivedBody received{.bytes = body_.bytes(), .keep_alive = body_.storage(), .json_bytes = {}};
    if (headers_.json_length) {
      ASSIGN_OR_RETURN(received.json_bytes, ParseHeaderLength(*headers_.json_length, received.bytes.size()));
    }
    if (received.json_bytes != 0U) return DecodeJson(received);
    const std::string picture = services_.engine.PictureInput(request_->model, request_->version);
    if (!picture.empty() && LooksLikePicture(received.bytes))
      return DecodeRawPicture(received, picture, services_.pool);
    ASSIGN_OR_RETURN(const ModelDescription model, services_.engine.Describe(request_->model, request_->version));
    return DecodeRawRequest(received, model.signature, HasRows(model), services_.pool);
  }

  // Who sends a picture as it is has not written JSON wrongly.
  Result<InferRequestMessage> DecodeJson(const ReceivedBody& received) {
    Result<InferRequestMessage> message = DecodeInferRequest(received, services_.pool);
    if (message.ok() || received.json_bytes || !LooksLikePicture(received.bytes)) return message;
    return InvalidArgument(message.status().message() + "; a picture as it is wants Content-Type: image/jpeg (or the " +
                           "like), or " + std::string(kHeaderLengthName) + ": 0");
  }

  Status TakeMessage(InferRequestMessage message) {
    body_.Release();  // tensors that view it have its storage
    RETURN_IF_ERROR(FillRequest(services_, std::move(message), *request_, plan_));
    traced_.Begin(services_.tracer, "http", *request_);  // now with its id
    return {};
  }

  Result<EncodedBody> EncodeBody(InferResponse& response) {
    RETURN_IF_ERROR(FinishOutputs(services_, plan_, response));
    return EncodeInferResponse(response, plan_.form);
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
  const RequestHeaders headers_;
  RequestBody body_;  // until the tensors have it
  net::HttpReply reply_;
  std::unique_ptr<InferRequest> request_;       // until the engine has it
  std::optional<InferRequestMessage> message_;  // on its way to a codec worker
  AnswerPlan plan_;
  TracedRequest traced_;
  bool several_responses_ = false;
  Outcome outcome_;
  Status encoding_;
  std::optional<net::HttpResponse> encoded_;
};

}  // namespace

void StartInferCall(const InferServices& services, net::HttpRequest http, const PathArguments& arguments,
                    const Identity& identity, net::HttpReply reply) {
  const Result<VersionChoice> version = ParsePathVersion(arguments.version);
  if (!version.ok()) {
    reply.Send(ErrorResponse(version.status()));
    return;
  }
  InferCall::Start(std::make_unique<InferCall>(services, std::move(http), std::move(reply),
                                               std::string(arguments.model), *version, identity));
}

net::BodyPlan PlanInferBody(const net::HttpRequest& head) {
  net::BodyPlan plan;
  const RequestHeaders headers = ReadRequestHeaders(head);
  if (!headers.coding_error.ok()) {
    plan.refusal = UnreadableCoding(headers.coding_error);
  } else if (headers.body == ContentCoding::kIdentity) {
    plan.align_at = headers.LikelyJsonBytes();
  }
  return plan;
}

}  // namespace trireme::kserve
