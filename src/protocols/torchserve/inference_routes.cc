// SPDX-License-Identifier: Apache-2.0
#include "protocols/torchserve/inference_routes.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/excerpt.h"
#include "base/task.h"
#include "codec/form_fields.h"
#include "dialect/codec_job.h"
#include "dialect/request_headers.h"
#include "dialect/server_timing.h"
#include "protocols/torchserve/answers.h"
#include "protocols/torchserve/open_api.h"
#include "protocols/torchserve/prediction.h"
#include "protocols/torchserve/workflow_call.h"
#include "wire/torchserve/messages.h"
#include "wire/torchserve/requests.h"

namespace trireme::torchserve {
namespace {

using net::HttpReply;
using net::HttpRequest;

constexpr std::string_view kModelField = "model_name";
constexpr std::string_view kVersionField = "model_version";

// Whether the fields of a form may name the model: then they are no inputs.
enum class FormFields : uint8_t { kAreInputs, kMayNameTheModel };

class HttpAsker final : public Asker {
 public:
  HttpAsker(const Services& services, HttpRequest http, FormFields fields, HttpReply reply)
      : services_(services), http_(std::move(http)), fields_(fields), reply_(std::move(reply)) {}

  Result<std::vector<RequestPart>> Parts() override {
    Result<std::vector<RequestPart>> parts = PartsOf(http_);
    if (parts.ok() && fields_ == FormFields::kMayNameTheModel) {
      std::erase_if(*parts,
                    [](const RequestPart& part) { return part.name == kModelField || part.name == kVersionField; });
    }
    return parts;
  }
  void Release() override {
    http_.body = {};
    http_.headers = {};
    http_.storage.reset();
  }
  // Without a content type, as TorchServe has it where the handler names none.
  void Answer(std::string body) override {
    net::HttpResponse response;
    response.body = std::move(body);
    Send(Dressed(services_, std::move(response)));
  }
  void Fail(const Failure& failure) override { Send(FailureAnswer(services_, failure)); }
  void TakeTiming(std::string timing) override { timing_ = std::move(timing); }
  Executor& executor() override { return reply_.executor(); }

 private:
  void Send(net::HttpResponse response) {
    AddServerTiming(response, std::move(timing_));
    reply_.Send(std::move(response));
  }

  const Services& services_;
  HttpRequest http_;
  const FormFields fields_;
  HttpReply reply_;
  std::string timing_;
};

void Predict(const Services& services, HttpRequest http, std::string model, std::string version,
             const Identity& identity, HttpReply reply, FormFields fields = FormFields::kAreInputs) {
  PredictionRequest request{.model = std::move(model),
                            .version = std::move(version),
                            .caller = {.principal = identity.principal, .tenant = identity.tenant},
                            .cancellation = http.cancellation,
                            .received = http.received,
                            .deadline = http.deadline,
                            .trace = TraceOf(http),
                            .bytes = http.body.size()};
  StartPrediction(services, std::move(request),
                  std::make_unique<HttpAsker>(services, std::move(http), fields, std::move(reply)));
}

net::BodyPlan PlanPlainBody(const Services& services, const HttpRequest& head) {
  const std::string_view coding = HeaderOf(head, "content-encoding");
  if (coding.empty() || coding == "identity") return {};
  Failure failure = BadRequest("Content-Encoding: expected a body that is not compressed, found " + Excerpt(coding));
  failure.http = 415;
  return {.refusal = FailureAnswer(services, failure)};
}

Route PredictRoute(const Services& services, std::string method, std::string pattern) {
  return {.method = std::move(method),
          .pattern = std::move(pattern),
          .operation = Operation::kInfer,
          .handle =
              [&services](HttpRequest http, const PathArguments& path, const Identity& identity, HttpReply reply) {
                std::string model(path.model);
                std::string version(path.version);
                Predict(services, std::move(http), std::move(model), std::move(version), identity, std::move(reply));
              },
          .plan_body = [&services](const HttpRequest& head) { return PlanPlainBody(services, head); }};
}

Route PingRoute(const Services& services) {
  return {.method = "GET",
          .pattern = "/ping",
          .operation = Operation::kProbe,
          .handle =
              [&services](const HttpRequest&, const PathArguments&, const Identity&, HttpReply reply) {
                const bool healthy = IsHealthy(services);
                reply.Send(JsonAnswer(services, healthy ? 200 : 500, EncodePing(healthy)));
              },
          .plan_body = [](const HttpRequest&) { return net::BodyPlan{.max_bytes = 1024}; }};
}

Route ExplainRoute(const Services& services, std::string method, std::string pattern) {
  return {.method = std::move(method),
          .pattern = std::move(pattern),
          .operation = Operation::kInfer,
          .handle =
              [&services](const HttpRequest&, const PathArguments& path, const Identity&, HttpReply reply) {
                Failure failure = BadRequest("Model \"" + std::string(path.model) +
                                             "\" has no handler that explains: this server runs models, not Python");
                failure.http = 501;
                reply.Send(FailureAnswer(services, failure));
              },
          .plan_body = [&services](const HttpRequest& head) { return PlanPlainBody(services, head); }};
}

Route WorkflowRoute(const Services& services) {
  return {.method = "*",
          .pattern = "/wfpredict/{model}",
          .operation = Operation::kInfer,
          .handle =
              [&services](HttpRequest http, const PathArguments& path, const Identity& identity, HttpReply reply) {
                const std::string workflow(path.model);
                StartWorkflow(services, workflow, identity, std::move(http), std::move(reply));
              },
          .plan_body = [&services](const HttpRequest& head) { return PlanPlainBody(services, head); }};
}

// The model of a request that names none in its path: of the query, of a form, else the only one.
struct NamedModel {
  std::optional<std::string> model;
  std::string version;
};

NamedModel ModelOfFields(Parameters parameters) {
  return {.model = TextOf(parameters, kModelField), .version = TextOf(parameters, kVersionField).value_or("")};
}

NamedModel ModelOfBody(const HttpRequest& http) {
  NamedModel named;
  const Result<std::vector<RequestPart>> parts = PartsOf(http);
  if (!parts.ok()) return named;  // whoever reads it later says why
  for (const RequestPart& part : *parts) {
    const std::string text(reinterpret_cast<const char*>(part.bytes.data()), std::min<size_t>(part.bytes.size(), 256));
    if (part.name == kModelField) named.model = text;
    if (part.name == kVersionField) named.version = text;
  }
  return named;
}

std::optional<std::string> OnlyModel(const Services& services, const Identity& identity) {
  std::set<std::string> names;
  for (const std::string& model : services.book.Models()) {
    if (identity.Sees(model)) names.insert(model);
  }
  for (const ModelStatus& model : services.engine.Index()) {
    if (model.state == ModelState::kRetired || services.book.Holds(model.id.name)) continue;
    if (identity.Sees(model.id.name)) names.insert(model.id.name);
  }
  return names.size() == 1 ? std::optional(*names.begin()) : std::nullopt;
}

void InvokeNamed(const Services& services, NamedModel named, HttpRequest http, const Identity& identity,
                 HttpReply reply) {
  if (!named.model) named.model = OnlyModel(services, identity);
  if (!named.model) return reply.Send(FailureAnswer(services, BadRequest("Parameter model_name is required.")));
  if (const Status status = Authorise(identity, Operation::kInfer, *named.model); !status.ok()) {
    return reply.Send(FailureAnswer(services, FailureOf(status)));
  }
  Predict(services, std::move(http), *std::move(named.model), std::move(named.version), identity, std::move(reply),
          FormFields::kMayNameTheModel);
}

// A large form, which is looked through for the model's name on a codec worker, and goes on on its loop. It owns
// itself.
class LargeInvocation final : public Task {
 public:
  LargeInvocation(const Services& services, HttpRequest http, Identity identity, HttpReply reply)
      : services_(services), http_(std::move(http)), identity_(std::move(identity)), reply_(std::move(reply)) {}

  static void Start(std::unique_ptr<LargeInvocation> call) {
    const Services& services = call->services_;
    const auto look = [](std::unique_ptr<LargeInvocation> self) {
      self->named_ = ModelOfBody(self->http_);
      Executor& loop = self->reply_.executor();
      ContinueOnLoop(loop, std::move(self));
    };
    if (ContinueOnWorker(services.codec_workers, call, look)) return;
    call->reply_.Send(
        FailureAnswer(services, FailureOf(Unavailable("too many large requests are being read; try again later"))));
  }

  void Run() override {
    const std::unique_ptr<LargeInvocation> self(this);
    InvokeNamed(services_, std::move(named_), std::move(http_), identity_, std::move(reply_));
  }

 private:
  const Services& services_;
  HttpRequest http_;
  const Identity identity_;
  HttpReply reply_;
  NamedModel named_;
};

void Invoke(const Services& services, HttpRequest http, const Identity& identity, HttpReply reply) {
  const Result<std::vector<FormField>> query = ParseFormFields(http.query);
  if (!query.ok()) return reply.Send(FailureAnswer(services, FailureOf(query.status())));
  NamedModel named = ModelOfFields(*query);
  constexpr size_t kLargeForm = 256 << 10;  // what is looked through on the loop
  if (!named.model && IsForm(http)) {
    if (http.body.size() > kLargeForm) {
      return LargeInvocation::Start(
          std::make_unique<LargeInvocation>(services, std::move(http), identity, std::move(reply)));
    }
    named = ModelOfBody(http);
  }
  InvokeNamed(services, std::move(named), std::move(http), identity, std::move(reply));
}

Route InvocationsRoute(const Services& services) {
  return {.method = "*",
          .pattern = "/invocations",
          .operation = Operation::kInfer,
          .handle = [&services](HttpRequest http, const PathArguments&, const Identity& identity,
                                HttpReply reply) { Invoke(services, std::move(http), identity, std::move(reply)); },
          .plan_body = [&services](const HttpRequest& head) { return PlanPlainBody(services, head); }};
}

}  // namespace

bool IsHealthy(const Services& services) {
  return services.engine.Ready() && services.book.expected() == 0;
}

void AddPredictionRoutes(std::vector<Route>& routes, const Services& services) {
  routes.push_back(PingRoute(services));
  routes.push_back(ModelApiRoute(services, "/predictions/{model}"));
  routes.push_back(ModelApiRoute(services, "/predictions/{model}/{any_version}"));
  routes.push_back(PredictRoute(services, "*", "/predictions/{model}"));
  routes.push_back(PredictRoute(services, "*", "/predictions/{model}/{any_version}"));
  routes.push_back(PredictRoute(services, "*", "/predictions/{model}/{any_version}/{rest}"));
}

void AddInferenceRoutes(std::vector<Route>& routes, const Services& services) {
  AddPredictionRoutes(routes, services);
  routes.push_back(WorkflowRoute(services));
  routes.push_back(ExplainRoute(services, "*", "/explanations/{model}"));
  routes.push_back(ExplainRoute(services, "*", "/explanations/{model}/{any_version}"));
  routes.push_back(InvocationsRoute(services));
  routes.push_back(PredictRoute(services, "*", "/models/{model}/invoke"));
  routes.push_back(PredictRoute(services, "POST", "/v1/models/{model}:predict"));
  routes.push_back(ExplainRoute(services, "POST", "/v1/models/{model}:explain"));
  routes.push_back(PredictRoute(services, "*", "/{model}/predict"));
  routes.push_back(PredictRoute(services, "*", "/{model}/{any_version}/predict"));
}

}  // namespace trireme::torchserve
