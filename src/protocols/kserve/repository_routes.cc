// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/repository_routes.h"

#include <memory>
#include <string>
#include <utility>

#include "dialect/answer_later.h"
#include "dialect/http_answer.h"
#include "dialect/request_body.h"
#include "protocols/kserve/cold_route.h"
#include "protocols/kserve/descriptions.h"
#include "protocols/kserve/error_answer.h"
#include "protocols/kserve/request_headers.h"
#include "wire/kserve/metadata.h"
#include "wire/kserve/repository_request.h"

namespace trireme::kserve {
namespace {

using net::HttpReply;
using net::HttpRequest;
using net::HttpResponse;

HttpResponse Index(const Engine& engine, const ColdRequest& http) {
  const Result<IndexRequest> request = DecodeIndexRequest(http.body);
  if (!request.ok()) return ErrorResponse(request.status());
  return JsonAnswer(EncodeRepositoryIndex(DescribeIndex(engine, http.identity, *request)));
}

HttpResponse ControlAnswer(const Status& status) {
  return status.ok() ? EmptyResponse() : ErrorResponse(status);
}

ModelControl::Done AnswerWith(HttpReply reply) {
  return AnswerLater(std::move(reply), ControlAnswer);
}

// A request to load a model while its body is read: it may carry the model itself.
class LoadCall {
 public:
  LoadCall(const InferServices& services, HttpRequest http, std::string name, HttpReply reply)
      : services_(services),
        http_(std::move(http)),
        body_(services.pool, services.inflated, http_,
              {.coding = ReadRequestHeaders(http_).body,
               .max_bytes = services.max_body_bytes,
               .limit_name = kBodyLimitName}),
        name_(std::move(name)),
        reply_(std::move(reply)) {}

  static void Start(std::unique_ptr<LoadCall> call) {
    const Result<bool> whole = call->body_.Begin();
    if (!whole.ok()) return call->Refuse(whole.status());
    if (*whole && call->body_.bytes().size() <= kMaxColdBytes) return call->Read();
    // A job must be copyable.
    const std::shared_ptr<LoadCall> shared = std::move(call);
    if (shared->services_.codec_workers.Submit([shared] { shared->Read(); })) return;
    shared->Refuse(Overloaded("too many large requests are being read; try again later"));
  }

 private:
  void Refuse(Status status) { AnswerWith(std::move(reply_))(std::move(status)); }

  // On the loop or a codec worker.
  void Read() {
    if (http_.cancellation.cancelled()) return Refuse(Cancelled("the client went away before its request was read"));
    if (Status status = body_.Finish(); !status.ok()) return Refuse(std::move(status));
    Result<LoadRequest> request = DecodeLoadRequest(body_.text());
    if (!request.ok()) return Refuse(request.status());
    body_.Release();
    services_.engine.Load(name_, {.config_json = std::move(request->config), .files = std::move(request->files)},
                          AnswerWith(std::move(reply_)));
  }

  const InferServices& services_;
  const HttpRequest http_;
  RequestBody body_;
  const std::string name_;
  HttpReply reply_;
};

void StartUnload(const InferServices& services, const HttpRequest& http, const PathArguments& path, HttpReply reply) {
  RequestBody body(services.pool, services.inflated, http,
                   {.coding = ReadRequestHeaders(http).body, .max_bytes = kMaxColdBytes});
  Status status = body.Finish();
  if (status.ok()) status = DecodeUnloadRequest(body.text()).status();
  if (!status.ok()) return reply.Send(ErrorResponse(status));
  // There are no models that others depend on: unload_dependents changes nothing.
  services.engine.Unload(std::string(path.model), AnswerWith(std::move(reply)));
}

Route LoadRoute(const InferServices& services) {
  return {
      .method = "POST",
      .pattern = "/v2/repository/models/{model}/load",
      .operation = Operation::kModelControl,
      .handle =
          [&services](HttpRequest http, const PathArguments& path, const Identity&, HttpReply reply) {
            std::string name(path.model);
            LoadCall::Start(std::make_unique<LoadCall>(services, std::move(http), std::move(name), std::move(reply)));
          },
      .plan_body = PlanCodedBody};
}

Route UnloadRoute(const InferServices& services) {
  return {.method = "POST",
          .pattern = "/v2/repository/models/{model}/unload",
          .operation = Operation::kModelControl,
          .handle = [&services](const HttpRequest& http, const PathArguments& path, const Identity&,
                                HttpReply reply) { StartUnload(services, http, path, std::move(reply)); },
          .plan_body = PlanColdBody};
}

// Triton's paths know a repository's name in front of the model's, and refuse it as well.
void AddNamedRepositories(std::vector<Route>& routes, const InferServices& services) {
  const auto refuse = [](const ColdRequest&) {
    return ErrorResponse(Unsupported(
        "names of repositories are not supported: expected a path such as /v2/repository/models/MODEL/load"));
  };
  // The last placeholder is the model.
  for (const char* pattern : {"/v2/repository/{model}/index", "/v2/repository/{model}/models/{model}/load",
                              "/v2/repository/{model}/models/{model}/unload"}) {
    routes.push_back(ColdRoute(services, "POST", pattern, Operation::kModelControl, refuse));
  }
}

}  // namespace

void AddRepositoryRoutes(std::vector<Route>& routes, const InferServices& services) {
  routes.push_back(
      ColdRoute(services, "POST", "/v2/repository/index", Operation::kMetadata,
                [&engine = services.engine](const ColdRequest& request) { return Index(engine, request); }));
  routes.push_back(LoadRoute(services));
  routes.push_back(UnloadRoute(services));
  AddNamedRepositories(routes, services);
}

}  // namespace trireme::kserve
