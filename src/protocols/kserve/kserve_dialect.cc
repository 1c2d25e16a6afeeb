// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/kserve_dialect.h"

#include <string>
#include <utility>

#include "base/version.h"
#include "protocols/kserve/http_status.h"
#include "protocols/kserve/path_version.h"
#include "wire/kserve/metadata.h"

namespace trireme::kserve {
namespace {

using net::HttpReply;
using net::HttpRequest;
using net::HttpResponse;

HttpResponse Empty(int status) {
  HttpResponse response;
  response.status = status;
  return response;
}

HttpResponse ServerReady(const Engine& engine) {
  return Empty(engine.Ready() ? 200 : 503);
}

HttpResponse ServerMetadataResponse() {
  return JsonResponse(EncodeServerMetadata(
      {.name = "trireme", .version = kVersion, .extensions = {"binary_tensor_data", "model_repository(index)"}}));
}

HttpResponse ModelReadyResponse(const Engine& engine, const PathArguments& arguments) {
  const auto version = ParsePathVersion(arguments.version);
  if (!version.ok()) return ErrorResponse(version.status());
  const Status status = engine.ModelReady(arguments.model, *version);
  return status.ok() ? Empty(200) : ErrorResponse(status);
}

HttpResponse ModelMetadataResponse(const Engine& engine, const PathArguments& arguments) {
  const auto version = ParsePathVersion(arguments.version);
  if (!version.ok()) return ErrorResponse(version.status());
  Result<ModelDescription> model = engine.Describe(arguments.model, *version);
  if (!model.ok()) return ErrorResponse(model.status());
  ModelMetadata metadata{
      .name = model->name, .versions = {}, .platform = model->platform, .signature = std::move(model->signature)};
  for (const int64_t number : model->versions) metadata.versions.push_back(std::to_string(number));
  return JsonResponse(EncodeModelMetadata(metadata));
}

// The words of Triton's index, which know fewer states than there are.
std::string IndexState(ModelState state) {
  switch (state) {
    case ModelState::kFound:
    case ModelState::kAdmitted:
    case ModelState::kLoading:
    case ModelState::kWarmingUp:
      return "LOADING";
    case ModelState::kReady:
      return "READY";
    case ModelState::kDraining:
      return "UNLOADING";
    case ModelState::kRetired:
    case ModelState::kFailed:
      return "UNAVAILABLE";
  }
  return "UNKNOWN";
}

HttpResponse RepositoryIndexResponse(const Engine& engine, const HttpRequest& http) {
  const Result<IndexRequest> request =
      DecodeIndexRequest({reinterpret_cast<const char*>(http.body.data()), http.body.size()});
  if (!request.ok()) return ErrorResponse(request.status());
  std::vector<IndexEntry> entries;
  for (const ModelStatus& status : engine.Index()) {
    if (request->ready_only && status.state != ModelState::kReady) continue;
    entries.push_back({.name = status.id.name,
                       .version = status.id.version > 0 ? std::to_string(status.id.version) : "",
                       .state = IndexState(status.state),
                       .reason = status.reason});
  }
  return JsonResponse(EncodeRepositoryIndex(entries));
}

// Cold messages are small, and read on the loop.
net::BodyPlan PlanSmallBody(const HttpRequest& /*head*/) {
  constexpr uint64_t kMaxBytes = 64 << 10;
  return {.max_bytes = kMaxBytes};
}

// A route that answers at once.
template <typename Answer>
Route Immediate(std::string method, std::string pattern, Operation operation, Answer answer) {
  return {.method = std::move(method),
          .pattern = std::move(pattern),
          .operation = operation,
          .handle = [answer = std::move(answer)](HttpRequest http, const PathArguments& arguments, const Identity&,
                                                 HttpReply reply) { reply.Send(answer(http, arguments)); },
          .plan_body = PlanSmallBody};
}

void AddModelRoutes(std::vector<Route>& routes, const InferServices& services, const std::string& model) {
  const Engine& engine = services.engine;
  routes.push_back(Immediate(
      "GET", model, Operation::kMetadata,
      [&engine](const HttpRequest&, const PathArguments& path) { return ModelMetadataResponse(engine, path); }));
  routes.push_back(
      Immediate("GET", model + "/ready", Operation::kMetadata,
                [&engine](const HttpRequest&, const PathArguments& path) { return ModelReadyResponse(engine, path); }));
  routes.push_back(
      {.method = "POST",
       .pattern = model + "/infer",
       .operation = Operation::kInfer,
       .handle = [&services](
                     HttpRequest http, const PathArguments& path, const Identity& identity,
                     HttpReply reply) { StartInferCall(services, std::move(http), path, identity, std::move(reply)); },
       .plan_body = PlanInferBody});
}

}  // namespace

Dialect MakeDialect(const InferServices& services) {
  const Engine& engine = services.engine;
  Dialect dialect{.name = "kserve", .routes = {}, .error = ErrorResponse};
  std::vector<Route>& routes = dialect.routes;
  routes.push_back(Immediate("GET", "/v2/health/live", Operation::kProbe,
                             [](const HttpRequest&, const PathArguments&) { return Empty(200); }));
  routes.push_back(Immediate("GET", "/v2/health/ready", Operation::kProbe,
                             [&engine](const HttpRequest&, const PathArguments&) { return ServerReady(engine); }));
  routes.push_back(Immediate("GET", "/v2", Operation::kMetadata,
                             [](const HttpRequest&, const PathArguments&) { return ServerMetadataResponse(); }));
  routes.push_back(Immediate(
      "POST", "/v2/repository/index", Operation::kMetadata,
      [&engine](const HttpRequest& http, const PathArguments&) { return RepositoryIndexResponse(engine, http); }));
  AddModelRoutes(routes, services, "/v2/models/{model}");
  AddModelRoutes(routes, services, "/v2/models/{model}/versions/{version}");
  return dialect;
}

}  // namespace trireme::kserve
