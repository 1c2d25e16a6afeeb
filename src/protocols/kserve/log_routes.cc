// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/log_routes.h"

#include "dialect/http_answer.h"
#include "protocols/kserve/cold_route.h"
#include "protocols/kserve/error_answer.h"
#include "wire/kserve/log_settings.h"

namespace trireme::kserve {
namespace {

// Of two changes at the same moment the later one may not see the other: the settings are one client's or the other's.
net::HttpResponse Change(Logger& log, std::string_view body) {
  const Result<Logger::Settings> settings = DecodeLogSettings(body, log.settings());
  if (!settings.ok()) return ErrorResponse(settings.status());
  log.Change(*settings);
  return JsonAnswer(EncodeLogSettings(log.settings()));
}

}  // namespace

void AddLogRoutes(std::vector<Route>& routes, const InferServices& services) {
  routes.push_back(
      ColdRoute(services, "GET", "/v2/logging", Operation::kMetadata,
                [&log = services.log](const ColdRequest&) { return JsonAnswer(EncodeLogSettings(log.settings())); }));
  routes.push_back(ColdRoute(services, "POST", "/v2/logging", Operation::kServerControl,
                             [&log = services.log](const ColdRequest& request) { return Change(log, request.body); }));
}

}  // namespace trireme::kserve
