// SPDX-License-Identifier: Apache-2.0
#include "protocols/tfserving/tfserving_dialect.h"

#include "protocols/tfserving/failure.h"
#include "protocols/tfserving/grpc_methods.h"
#include "protocols/tfserving/rest_routes.h"

namespace trireme::tfserving {

Dialect MakeModels(const Services& services) {
  Dialect dialect{.name = "tfserving", .routes = {}, .error = ErrorAnswer};
  AddModelRoutes(dialect.routes, services);
  dialect.methods = ModelMethods(services);
  return dialect;
}

Dialect MakeDialect(const Services& services) {
  Dialect dialect = MakeModels(services);
  AddOwnRoutes(dialect.routes, services);
  dialect.methods.push_back(ReloadMethod(services));
  return dialect;
}

}  // namespace trireme::tfserving
