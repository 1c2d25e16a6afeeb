// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/generate_call.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/task.h"
#include "dialect/codec_job.h"
#include "dialect/known_model.h"
#include "dialect/request_body.h"
#include "model/infer_request.h"
#include "protocols/kserve/error_answer.h"
#include "protocols/kserve/generate_answer.h"
#include "protocols/kserve/generate_json.h"
#include "protocols/kserve/path_version.h"
#include "protocols/kserve/request_headers.h"
#include "tracing/traced_request.h"

namespace trireme::kserve {
namespace {

// As an infer call's: what a loop should not read or write while other connections wait.
constexpr size_t kLargeJsonBytes = 256 << 10;

// What the responses may hold that wait for the loop.
constexpr size_t kMostWaitingBytes = 64 << 20;

size_t BytesOf(const InferResponse& response) {
  size_t bytes = sizeof(InferResponse);
  for (const NamedTensor& output : response.outputs) bytes += sizeof output + output.tensor.data.size();
  return bytes;
}

// Responses on their way to the loop together, and the end if it has come.
struct Travellers {
  std::vector<InferResponse> responses;
  size_t bytes = 0;
  std::vector<Result<std::string>> encoded;  // as many as there are responses, once they are
  std::optional<Outcome> end;                // without a response: it travels like the others
  std::unique_ptr<ReplySink> self;           // the call itself, whose end it is
};

// One request on its way. Until the end the engine owns it, through its Reply; then it owns itself, as one of the last
// travellers, and ends on its loop.
//
// As a task it is on its way to the loop, or on a worker before that, while `travelling_`: one at a time.
class GenerateCall final : public ReplySink, public Task {
 public:
  // `headers` are those of `http`.
  GenerateCall(const InferServices& services, GenerateForm form, net::HttpRequest http, const RequestHeaders& headers,
               net::HttpReply reply)
      : services_(services),
        http_(std::move(http)),
        body_(services.pool, services.inflated, http_,
              {.coding = headers.body, .max_bytes = services.max_body_bytes, .limit_name = kBodyLimitName}),
        cancellation_(http_.cancellation),
        executor_(reply.executor()),
        request_(std::make_unique<InferRequest>()) {
    if (form == GenerateForm::kOne) {
      answer_ = std::make_unique<OneAnswer>(services, std::move(reply), headers.answer);
    } else {
      answer_ = std::make_unique<EventAnswer>(std::move(reply));
    }
    request_->cancellation = cancellation_;
    request_->deadline = http_.deadline;
    request_->stages.received = http_.received;
    request_->trace = {.traceparent = std::string(headers.traceparent), .tracestate = std::string(headers.tracestate)};
    request_->takes_several = true;
    request_->protocol = "kserve-generate";
    request_->loop = &executor_;
  }

  // Before it is started.
  void SetTarget(std::string model, const VersionChoice& version, const Identity& identity) {
    request_->model = std::move(model);
    request_->version = version;
    request_->caller = {.principal = identity.principal, .tenant = identity.tenant};
    traced_.Begin(services_.tracer, "http", *request_);
  }

  static void Start(std::unique_ptr<GenerateCall> call) {
    GenerateCall& self = *call;
    ContinueWhenKnown(self.services_.engine, *self.request_, self.executor_, std::move(call),
                      [](std::unique_ptr<GenerateCall> known, Status status) {
                        if (!status.ok()) return Refuse(std::move(known), std::move(status));
                        Read(std::move(known));
                      });
  }

  static void Read(std::unique_ptr<GenerateCall> call) {
    const Result<bool> whole = call->body_.Begin();
    if (!whole.ok()) return Refuse(std::move(call), whole.status());
    if (*whole && call->body_.bytes().size() <= kLargeJsonBytes) return Decode(std::move(call));
    if (ContinueOnWorker(call->services_.codec_workers, call, Decode)) return;
    Refuse(std::move(call), Overloaded("too many large requests are being read; try again later"));
  }

  // On the thread that runs the model.
  void Respond(InferResponse response) override {
    {
      const MutexLock lock(mutex_);
      waiting_.bytes += BytesOf(response);
      if (waiting_.bytes > kMostWaitingBytes && !waiting_.responses.empty()) overflown_ = true;
      if (overflown_) {
        cancellation_.Cancel();
        return;
      }
      waiting_.responses.push_back(std::move(response));
      if (std::exchange(travelling_, true)) return;
    }
    Depart();
  }

  void End(std::unique_ptr<ReplySink> self, Outcome outcome) override {
    {
      const MutexLock lock(mutex_);
      if (outcome.response) {
        waiting_.bytes += BytesOf(*outcome.response);
        waiting_.responses.push_back(*std::move(outcome.response));
      }
      outcome.response.reset();
      if (overflown_) outcome.status = Overloaded("responses came faster than they could be sent");
      waiting_.end = std::move(outcome);
      waiting_.self = std::move(self);
      if (std::exchange(travelling_, true)) return;  // whoever brings it may destroy this from now on
    }
    Depart();
  }

  // On the loop.
  void Run() override {
    if (travellers_.encoded.size() < travellers_.responses.size()) Encode();
    for (Result<std::string>& response : travellers_.encoded) {
      if (answer_->Take(std::move(response))) continue;
      // The run had better end; what still comes goes nowhere.
      cancellation_.Cancel();
      break;
    }
    if (const std::unique_ptr<ReplySink> self = std::move(travellers_.self)) {
      answer_->End(travellers_.end->status, travellers_.end->stages);
      traced_.End(services_.tracer, *travellers_.end);
      return;
    }
    answer_->Flush();
    travellers_ = {};
    {
      const MutexLock lock(mutex_);
      travelling_ = !waiting_.responses.empty() || waiting_.self != nullptr;
      if (!travelling_) return;
    }
    Depart();
  }

 private:
  static void Refuse(std::unique_ptr<GenerateCall> call, Status status) {
    Reply reply(std::move(call));
    reply.Finish(std::move(status));
  }

  // On the loop or a codec worker.
  static void Decode(std::unique_ptr<GenerateCall> call) {
    Status status = call->ReadRequest();
    std::unique_ptr<InferRequest> request = std::move(call->request_);
    Engine& engine = call->services_.engine;
    request->reply = Reply(std::move(call));
    if (!status.ok()) {
      request->stages.answered = Clock::System().Now();
      request->reply.Finish(std::move(status), request->stages);
      return;
    }
    engine.Infer(std::move(request));
  }

  Status ReadRequest() {
    // Others wait for this worker.
    if (cancellation_.cancelled()) return Cancelled("the client went away before its request was read");
    RETURN_IF_ERROR(body_.Finish());
    ASSIGN_OR_RETURN(const ModelDescription model, services_.engine.Describe(request_->model, request_->version));
    ASSIGN_OR_RETURN(GenerateRequest message, DecodeGenerateRequest(body_.text(), model.signature, services_.pool));
    id_ = std::move(message.id);
    request_->id = id_.value_or("");
    traced_.Begin(services_.tracer, "http", *request_);  // now with its id
    request_->inputs = std::move(message.inputs);
    request_->parameters = std::move(message.parameters);
    body_.Release();  // nothing views it
    http_ = {};
    return {};
  }

  // Sends those that wait on their way. Where `travelling_` has just become true.
  void Depart() {
    {
      const MutexLock lock(mutex_);
      travellers_ = std::exchange(waiting_, {});
    }
    // An element is about three times as long in text.
    const bool large = travellers_.bytes > kLargeJsonBytes / 3;
    const bool taken = large && services_.codec_workers.Submit([this] {
      Encode();
      executor_.Post(this);
    });
    if (!taken) executor_.Post(this);
  }

  void Encode() {
    for (const InferResponse& response : travellers_.responses) {
      travellers_.encoded.push_back(EncodeGenerateResponse(response, id_));
    }
  }

  const InferServices& services_;
  net::HttpRequest http_;  // until it is read
  RequestBody body_;
  const Cancellation cancellation_;
  net::Executor& executor_;
  std::unique_ptr<GenerateAnswer> answer_;  // on the loop
  std::unique_ptr<InferRequest> request_;   // until the engine has it
  std::optional<std::string> id_;
  TracedRequest traced_;
  Travellers travellers_;  // whoever brings them has it

  Mutex mutex_;
  Travellers waiting_ GUARDED_BY(mutex_);
  bool travelling_ GUARDED_BY(mutex_) = false;
  bool overflown_ GUARDED_BY(mutex_) = false;
};

}  // namespace

void StartGenerateCall(const InferServices& services, GenerateForm form, net::HttpRequest http,
                       const PathArguments& arguments, const Identity& identity, net::HttpReply reply) {
  const Result<VersionChoice> version = ParsePathVersion(arguments.version);
  if (!version.ok()) {
    reply.Send(ErrorResponse(version.status()));
    return;
  }
  // The arguments view the request.
  std::string model(arguments.model);
  const RequestHeaders headers = ReadRequestHeaders(http);
  auto call = std::make_unique<GenerateCall>(services, form, std::move(http), headers, std::move(reply));
  call->SetTarget(std::move(model), *version, identity);
  GenerateCall::Start(std::move(call));
}

}  // namespace trireme::kserve
