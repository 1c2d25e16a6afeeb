// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/absent_routes.h"

#include <string>

#include "protocols/kserve/cold_route.h"
#include "protocols/kserve/http_status.h"

namespace trireme::kserve {
namespace {

struct AbsentPath {
  const char* method;
  std::string pattern;
  Operation operation;
};

void Refuse(std::vector<Route>& routes, const InferServices& services, const AbsentPath& path, const char* what) {
  const auto refuse = [what](const ColdRequest&) { return ErrorResponse(Unsupported(what)); };
  routes.push_back(ColdRoute(services, path.method, path.pattern, path.operation, refuse));
}

void AddTraceSetting(std::vector<Route>& routes, const InferServices& services, const std::string& prefix) {
  constexpr const char* kWhat = "tracing is not served yet: the stages of a request are in its header Server-Timing";
  Refuse(routes, services, {"GET", prefix + "/trace/setting", Operation::kMetadata}, kWhat);
  Refuse(routes, services, {"POST", prefix + "/trace/setting", Operation::kModelControl}, kWhat);
}

}  // namespace

void AddAbsentRoutes(std::vector<Route>& routes, const InferServices& services) {
  AddTraceSetting(routes, services, "/v2");
  for (const std::string model : {"/v2/models/{model}", "/v2/models/{model}/versions/{version}"}) {
    AddTraceSetting(routes, services, model);
  }
}

}  // namespace trireme::kserve
