// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/trace_routes.h"

#include <memory>
#include <string>

#include "dialect/http_answer.h"
#include "protocols/kserve/cold_route.h"
#include "protocols/kserve/error_answer.h"
#include "protocols/kserve/trace_settings.h"
#include "wire/kserve/trace_setting_message.h"

namespace trireme::kserve {
namespace {

// Of a model that is known only: names that a client makes up must not fill a table.
Status CheckModel(const Engine& engine, const std::string& model) {
  return model.empty() ? Status() : engine.Describe(model, std::nullopt).status();
}

Result<std::string> Change(const TraceControl& control, const std::string& model, std::string_view body) {
  ASSIGN_OR_RETURN(const TraceSettingValues wanted, DecodeTraceSettings(body));
  ASSIGN_OR_RETURN(const TraceSettingValues settings, control.Change(model, wanted));
  return EncodeTraceSettings(settings);
}

}  // namespace

void AddTraceRoutes(std::vector<Route>& routes, const InferServices& services) {
  const Engine& engine = services.engine;
  const auto control = std::make_shared<const TraceControl>(services.tracer);  // shared by the routes
  for (const char* pattern : {"/v2/trace/setting", "/v2/models/{model}/trace/setting"}) {
    routes.push_back(
        ColdRoute(services, "GET", pattern, Operation::kMetadata, [&engine, control](const ColdRequest& request) {
          const std::string model(request.path.model);
          if (Status known = CheckModel(engine, model); !known.ok()) return ErrorResponse(known);
          return JsonAnswer(EncodeTraceSettings(control->Show(model)));
        }));
    routes.push_back(
        ColdRoute(services, "POST", pattern, Operation::kServerControl, [&engine, control](const ColdRequest& request) {
          const std::string model(request.path.model);
          if (Status known = CheckModel(engine, model); !known.ok()) return ErrorResponse(known);
          Result<std::string> settings = Change(*control, model, request.body);
          return settings.ok() ? JsonAnswer(*std::move(settings)) : ErrorResponse(settings.status());
        }));
  }
}

}  // namespace trireme::kserve
