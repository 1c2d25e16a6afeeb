// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/model_routes.h"

#include <optional>
#include <utility>

#include "dialect/http_answer.h"
#include "protocols/kserve/cold_route.h"
#include "protocols/kserve/descriptions.h"
#include "protocols/kserve/error_answer.h"
#include "protocols/kserve/path_version.h"
#include "wire/kserve/metadata.h"
#include "wire/kserve/model_config_message.h"
#include "wire/kserve/statistics.h"

namespace trireme::kserve {
namespace {

using net::HttpResponse;

HttpResponse Ready(const Engine& engine, const Identity&, std::string_view name, const VersionChoice& version) {
  const Status status = engine.ModelReady(name, version);
  return status.ok() ? EmptyResponse() : ErrorResponse(status);
}

HttpResponse Metadata(const Engine& engine, const Identity&, std::string_view name, const VersionChoice& version) {
  const Result<ModelMetadata> metadata = DescribeModel(engine, name, version);
  return metadata.ok() ? JsonAnswer(EncodeModelMetadata(*metadata)) : ErrorResponse(metadata.status());
}

HttpResponse Config(const Engine& engine, const Identity&, std::string_view name, const VersionChoice& version) {
  const Result<ModelConfigParts> config = DescribeConfig(engine, name, version);
  return config.ok() ? JsonAnswer(EncodeModelConfig(*config)) : ErrorResponse(config.status());
}

// Of all models if the name is empty.
HttpResponse Statistics(const Engine& engine, const Identity& identity, std::string_view name,
                        const VersionChoice& version) {
  const Result<std::vector<StatisticsEntry>> entries = DescribeStatistics(engine, identity, name, version);
  return entries.ok() ? JsonAnswer(EncodeStatistics(*entries)) : ErrorResponse(entries.status());
}

using ModelAnswer = HttpResponse (*)(const Engine&, const Identity&, std::string_view, const VersionChoice&);

Route ModelRoute(const InferServices& services, std::string pattern, ModelAnswer answer) {
  const auto respond = [&engine = services.engine, answer](const ColdRequest& request) {
    const Result<VersionChoice> version = ParsePathVersion(request.path.version);
    return version.ok() ? answer(engine, request.identity, request.path.model, *version)
                        : ErrorResponse(version.status());
  };
  return ColdRoute(services, "GET", std::move(pattern), Operation::kMetadata, respond);
}

}  // namespace

void AddModelRoutes(std::vector<Route>& routes, const InferServices& services) {
  // Before the models': the first that fits is taken, as in Triton.
  routes.push_back(ModelRoute(services, "/v2/models/stats", Statistics));
  for (const std::string model : {"/v2/models/{model}", "/v2/models/{model}/versions/{version}"}) {
    routes.push_back(ModelRoute(services, model, Metadata));
    routes.push_back(ModelRoute(services, model + "/ready", Ready));
    routes.push_back(ModelRoute(services, model + "/config", Config));
    routes.push_back(ModelRoute(services, model + "/stats", Statistics));
  }
}

}  // namespace trireme::kserve
