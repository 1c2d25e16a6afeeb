// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/model_routes.h"

#include <optional>
#include <utility>

#include "protocols/kserve/cold_route.h"
#include "protocols/kserve/http_status.h"
#include "protocols/kserve/path_version.h"
#include "wire/kserve/metadata.h"
#include "wire/kserve/model_config_message.h"
#include "wire/kserve/statistics.h"

namespace trireme::kserve {
namespace {

using net::HttpResponse;
using Version = std::optional<int64_t>;

HttpResponse Ready(const Engine& engine, std::string_view name, Version version) {
  const Status status = engine.ModelReady(name, version);
  return status.ok() ? EmptyResponse() : ErrorResponse(status);
}

HttpResponse Metadata(const Engine& engine, std::string_view name, Version version) {
  Result<ModelDescription> model = engine.Describe(name, version);
  if (!model.ok()) return ErrorResponse(model.status());
  ModelMetadata metadata{
      .name = model->name, .versions = {}, .platform = model->platform, .signature = std::move(model->signature)};
  for (const int64_t number : model->versions) metadata.versions.push_back(std::to_string(number));
  return JsonResponse(EncodeModelMetadata(metadata));
}

HttpResponse Config(const Engine& engine, std::string_view name, Version version) {
  Result<ModelDescription> model = engine.Describe(name, version);
  if (!model.ok()) return ErrorResponse(model.status());
  return JsonResponse(EncodeModelConfig({.message = model->config_message ? *model->config_message : std::string(),
                                         .name = std::move(model->name),
                                         .platform = std::move(model->platform),
                                         .backend = std::move(model->backend),
                                         .file_name = std::move(model->file_name),
                                         .signature = std::move(model->signature),
                                         .config = std::move(model->config),
                                         .declared_max_batch_size = model->declared.max_batch_size}));
}

// Of all models if the name is empty.
HttpResponse Statistics(const Engine& engine, std::string_view name, Version version) {
  Result<std::vector<ModelReport>> reports = engine.Statistics(name, version);
  if (!reports.ok()) return ErrorResponse(reports.status());
  std::vector<StatisticsEntry> entries;
  entries.reserve(reports->size());
  for (ModelReport& report : *reports) {
    entries.push_back({.name = std::move(report.id.name),
                       .version = std::to_string(report.id.version),
                       .statistics = std::move(report.statistics),
                       .memory_bytes = report.memory.weights + report.memory.workspace});
  }
  return JsonResponse(EncodeStatistics(entries));
}

using ModelAnswer = HttpResponse (*)(const Engine&, std::string_view, Version);

Route ModelRoute(const InferServices& services, std::string pattern, ModelAnswer answer) {
  const auto respond = [&engine = services.engine, answer](const ColdRequest& request) {
    const Result<Version> version = ParsePathVersion(request.path.version);
    return version.ok() ? answer(engine, request.path.model, *version) : ErrorResponse(version.status());
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
