// SPDX-License-Identifier: Apache-2.0
#include "protocols/sagemaker/sagemaker_dialect.h"

#include <string>
#include <utility>

#include "base/log.h"
#include "dialect/http_answer.h"
#include "protocols/sagemaker/default_model.h"
#include "protocols/sagemaker/invocation.h"
#include "protocols/sagemaker/model_routes.h"

namespace trireme::sagemaker {
namespace {

using net::HttpReply;
using net::HttpRequest;
using net::HttpResponse;

// In ready mode a default model that was named must serve as well: requests are for it alone.
Status Health(const Services& services) {
  const Engine& engine = services.engine;
  if (services.options.ping_mode == PingMode::kLive) {
    return engine.Accepting() ? Status() : Unavailable("the server is stopping");
  }
  const std::string& model = services.options.default_model;
  if (!model.empty()) RETURN_IF_ERROR(engine.ModelReady(model, {}));
  return engine.Ready() ? Status() : engine.WhyNotReady();
}

HttpResponse Ping(const Services& services) {
  const Status health = Health(services);
  if (health.ok()) return {};
  return services.v2.error(Unavailable(services.probes_name_models ? health.message() : "not ready"));
}

Route SmallRoute(std::string method, std::string pattern, Operation operation, std::function<HttpResponse()> answer) {
  return {.method = std::move(method),
          .pattern = std::move(pattern),
          .operation = operation,
          .handle = [answer = std::move(answer)](const HttpRequest&, const PathArguments&, const Identity&,
                                                 HttpReply reply) { reply.Send(answer()); },
          .plan_body = [](const HttpRequest&) { return net::BodyPlan{.max_bytes = 1024}; }};
}

HttpResponse ExecutionParameters(const Options& options) {
  std::string json =
      "{\"MaxConcurrentTransforms\":" + std::to_string(options.max_concurrent_transforms) + ",\"BatchStrategy\":";
  AppendJsonString(json, options.batch_strategy);
  json += ",\"MaxPayloadInMB\":" + std::to_string(options.max_payload_megabytes) + "}";
  return JsonAnswer(std::move(json));
}

Route InvocationsRoute(const Services& services) {
  return {.method = "POST",
          .pattern = "/invocations",
          .operation = Operation::kInfer,
          .handle =
              [&services](HttpRequest http, const PathArguments&, const Identity& identity, HttpReply reply) {
                StartDefaultInvocation(services, std::move(http), identity, std::move(reply));
              },
          .plan_body = [&services](const HttpRequest& head) { return PlanInvocation(services, head); }};
}

}  // namespace

Dialect MakeDialect(const Services& services) {
  Dialect dialect{.name = "sagemaker", .routes = {}, .error = services.v2.error};
  dialect.routes.push_back(SmallRoute("GET", "/ping", Operation::kProbe, [&services] { return Ping(services); }));
  dialect.routes.push_back(InvocationsRoute(services));
  dialect.routes.push_back(SmallRoute("GET", "/execution-parameters", Operation::kMetadata,
                                      [&services] { return ExecutionParameters(services.options); }));
  AddModelRoutes(dialect.routes, services);
  return dialect;
}

Dialect MakeInvocations(const Services& services) {
  return {.name = "sagemaker", .routes = {InvocationsRoute(services)}, .error = services.v2.error};
}

}  // namespace trireme::sagemaker
