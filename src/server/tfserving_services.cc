// SPDX-License-Identifier: Apache-2.0
#include "server/tfserving_services.h"

#include <utility>

namespace trireme {
namespace {

VersionPolicy::Kind KindOf(tfserving::ServedModel::Versions versions) {
  switch (versions) {
    case tfserving::ServedModel::Versions::kLatest:
      return VersionPolicy::Kind::kLatest;
    case tfserving::ServedModel::Versions::kAll:
      return VersionPolicy::Kind::kAll;
    case tfserving::ServedModel::Versions::kSpecific:
      return VersionPolicy::Kind::kSpecific;
  }
  return VersionPolicy::Kind::kLatest;
}

}  // namespace

std::vector<NamedModel> NamedModelsOf(std::vector<tfserving::ServedModel> models) {
  std::vector<NamedModel> named;
  named.reserve(models.size());
  for (tfserving::ServedModel& model : models) {
    named.push_back({.name = std::move(model.name),
                     .folder = std::move(model.base_path),
                     .versions = {.kind = KindOf(model.versions),
                                  .latest = model.latest,
                                  .versions = std::move(model.specific),
                                  .declared = true},
                     .labels = std::move(model.labels)});
  }
  return named;
}

tfserving::Services MakeTfservingServices(const kserve::InferServices& services, tfserving::Options options,
                                          tfserving::RequestCounts& counts, ModelControl* control) {
  tfserving::Services tfserving{.engine = services.engine,
                                .pool = services.pool,
                                .codec_workers = services.codec_workers,
                                .tracer = services.tracer,
                                .log = services.log,
                                .max_body_bytes = services.max_body_bytes,
                                .inflated = services.inflated,
                                .options = std::move(options),
                                .counts = counts,
                                .tells_timing = services.tells_timing};
  if (control == nullptr) return tfserving;
  tfserving.serve_models = [control](std::vector<tfserving::ServedModel> models, ModelControl::Done done) {
    control->ServeNamed(NamedModelsOf(std::move(models)), std::move(done));
  };
  return tfserving;
}

}  // namespace trireme
