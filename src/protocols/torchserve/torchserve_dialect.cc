// SPDX-License-Identifier: Apache-2.0
#include "protocols/torchserve/torchserve_dialect.h"

#include <string>
#include <utility>

#include "protocols/torchserve/answers.h"
#include "protocols/torchserve/grpc_methods.h"
#include "protocols/torchserve/inference_routes.h"
#include "protocols/torchserve/management_routes.h"
#include "protocols/torchserve/metrics_text.h"
#include "protocols/torchserve/open_api.h"
#include "protocols/torchserve/plain_paths.h"

namespace trireme::torchserve {
namespace {

Dialect Empty(const Services& services) {
  return {.name = "torchserve",
          .routes = {},
          .error = [&services](const Status& status) { return ErrorAnswer(services, status); },
          .no_such_method = [&services](std::string_view) { return FailureAnswer(services, NotAllowed()); },
          .takes_trailing_slash = true};
}

Dialect WithPlainPaths(const Services& services, Dialect dialect) {
  for (Route& route : dialect.routes) route = WithPlainPaths(services, std::move(route));
  return dialect;
}

}  // namespace

Dialect MakeInference(const Services& services) {
  Dialect dialect = Empty(services);
  AddInferenceRoutes(dialect.routes, services);
  AddListenerApi(dialect.routes, services, "TorchServe inference API");
  dialect.methods = InferenceMethods(services);
  return WithPlainPaths(services, std::move(dialect));
}

Dialect MakeManagement(const Services& services) {
  Dialect dialect = Empty(services);
  AddManagementRoutes(dialect.routes, services);
  AddListenerApi(dialect.routes, services, "TorchServe management API");
  dialect.methods = ManagementMethods(services);
  return WithPlainPaths(services, std::move(dialect));
}

Dialect MakeMetrics(const Services& services) {
  Dialect dialect = Empty(services);
  dialect.routes.push_back(MetricsRoute(services));
  AddListenerApi(dialect.routes, services, "TorchServe metrics API");
  return dialect;
}

Dialect MakePredictions(const Services& services) {
  Dialect dialect = Empty(services);
  AddPredictionRoutes(dialect.routes, services);
  return WithPlainPaths(services, std::move(dialect));
}

}  // namespace trireme::torchserve
