// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/generate_routes.h"

#include <string>
#include <utility>

#include "protocols/kserve/cold_route.h"
#include "protocols/kserve/generate_call.h"

namespace trireme::kserve {
namespace {

Route GenerateRoute(const InferServices& services, std::string pattern, GenerateForm form) {
  return {.method = "POST",
          .pattern = std::move(pattern),
          .operation = Operation::kInfer,
          .handle =
              [&services, form](net::HttpRequest http, const PathArguments& path, const Identity& identity,
                                net::HttpReply reply) {
                StartGenerateCall(services, form, std::move(http), path, identity, std::move(reply));
              },
          .plan_body = PlanCodedBody};
}

}  // namespace

void AddGenerateRoutes(std::vector<Route>& routes, const InferServices& services) {
  for (const std::string model : {"/v2/models/{model}", "/v2/models/{model}/versions/{version}"}) {
    routes.push_back(GenerateRoute(services, model + "/generate", GenerateForm::kOne));
    routes.push_back(GenerateRoute(services, model + "/generate_stream", GenerateForm::kEvents));
  }
}

}  // namespace trireme::kserve
