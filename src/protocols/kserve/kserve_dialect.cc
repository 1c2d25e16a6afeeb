// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/kserve_dialect.h"

#include <string>
#include <utility>
#include <vector>

#include "dialect/http_answer.h"
#include "protocols/kserve/cold_route.h"
#include "protocols/kserve/descriptions.h"
#include "protocols/kserve/error_answer.h"
#include "protocols/kserve/generate_routes.h"
#include "protocols/kserve/grpc_methods.h"
#include "protocols/kserve/infer_call.h"
#include "protocols/kserve/log_routes.h"
#include "protocols/kserve/model_routes.h"
#include "protocols/kserve/repository_routes.h"
#include "protocols/kserve/shared_memory_routes.h"
#include "protocols/kserve/trace_routes.h"
#include "wire/kserve/metadata.h"

namespace trireme::kserve {
namespace {

// A probe looks at the number alone; who looks closer is told why.
net::HttpResponse Readiness(const Engine& engine, bool names_models) {
  if (engine.Ready()) return EmptyResponse();
  const Status why_not = engine.WhyNotReady();
  return ErrorResponse(names_models && !why_not.ok() ? why_not : Unavailable("not ready"));
}

void AddServerRoutes(std::vector<Route>& routes, const InferServices& services) {
  const Engine& engine = services.engine;
  routes.push_back(ColdRoute(services, "GET", "/v2/health/live", Operation::kProbe,
                             [](const ColdRequest&) { return EmptyResponse(); }));
  routes.push_back(ColdRoute(services, "GET", "/v2/health/ready", Operation::kProbe,
                             [&engine, names_models = services.probes_name_models](const ColdRequest&) {
                               return Readiness(engine, names_models);
                             }));
  routes.push_back(ColdRoute(services, "GET", "/v2", Operation::kMetadata,
                             [metadata = EncodeServerMetadata(DescribeServer(services))](const ColdRequest&) {
                               return JsonAnswer(metadata);
                             }));
}

void AddInferRoutes(std::vector<Route>& routes, const InferServices& services) {
  for (const char* pattern : {"/v2/models/{model}/infer", "/v2/models/{model}/versions/{version}/infer"}) {
    routes.push_back({.method = "POST",
                      .pattern = pattern,
                      .operation = Operation::kInfer,
                      .handle =
                          [&services](net::HttpRequest http, const PathArguments& path, const Identity& identity,
                                      net::HttpReply reply) {
                            StartInferCall(services, std::move(http), path, identity, std::move(reply));
                          },
                      .plan_body = PlanInferBody});
  }
}

}  // namespace

Dialect MakeDialect(const InferServices& services) {
  Dialect dialect{.name = "kserve", .routes = {}, .error = ErrorResponse, .methods = GrpcMethods(services)};
  AddInferRoutes(dialect.routes, services);
  AddGenerateRoutes(dialect.routes, services);
  AddServerRoutes(dialect.routes, services);
  AddModelRoutes(dialect.routes, services);
  AddRepositoryRoutes(dialect.routes, services);
  AddLogRoutes(dialect.routes, services);
  AddSharedMemoryRoutes(dialect.routes, services);
  AddTraceRoutes(dialect.routes, services);
  return dialect;
}

}  // namespace trireme::kserve
