// SPDX-License-Identifier: Apache-2.0
#include "server/metrics_dialect.h"

#include <string>
#include <utility>

#include "metrics/exposition.h"
#include "protocols/kserve/error_answer.h"

namespace trireme {

Dialect MakeMetricsDialect(const metrics::Registry& registry) {
  Dialect dialect{.name = "metrics", .routes = {}, .error = kserve::ErrorResponse};
  dialect.routes.push_back(
      {.method = "GET",
       .pattern = "/metrics",
       .operation = Operation::kMetrics,
       .handle =
           [&registry](net::HttpRequest, const PathArguments&, const Identity&, net::HttpReply reply) {
             net::HttpResponse response;
             response.headers.emplace_back("Content-Type", std::string(metrics::kExpositionType));
             response.body = registry.Expose();
             reply.Send(std::move(response));
           },
       .plan_body = [](const net::HttpRequest&) { return net::BodyPlan{.max_bytes = 1024}; }});
  return dialect;
}

}  // namespace trireme
