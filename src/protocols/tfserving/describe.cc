// SPDX-License-Identifier: Apache-2.0
#include "protocols/tfserving/describe.h"

#include <algorithm>
#include <string>
#include <utility>

#include "net/grpc_message.h"
#include "protocols/tfserving/failure.h"

namespace trireme::tfserving {
namespace {

// What is loaded by the first request for it can be asked, which is what clients wait for.
VersionState StateOf(ModelState state) {
  switch (state) {
    case ModelState::kFound:
    case ModelState::kAdmitted:
      return VersionState::kStart;
    case ModelState::kLoading:
    case ModelState::kWarmingUp:
      return VersionState::kLoading;
    case ModelState::kReady:
    case ModelState::kOnDemand:
      return VersionState::kAvailable;
    case ModelState::kDraining:
      return VersionState::kUnloading;
    case ModelState::kRetired:
    case ModelState::kFailed:
      return VersionState::kEnd;
    case ModelState::kAwaited:
      break;
  }
  return VersionState::kUnknown;
}

VersionStatus StatusOf(const ModelStatus& model) {
  VersionStatus version{.version = model.id.version, .state = StateOf(model.state)};
  if (model.state != ModelState::kFailed) return version;
  version.error_code = static_cast<int>(net::GrpcCode::kUnknown);
  version.error_message = model.reason;
  return version;
}

bool IsMeant(const ModelStatus& model, const ModelSpec& spec) {
  if (model.id.name != spec.name || model.state == ModelState::kAwaited || model.id.version <= 0) return false;
  if (spec.version.number) return model.id.version == *spec.version.number;
  return spec.version.label.empty() || std::ranges::find(model.labels, spec.version.label) != model.labels.end();
}

Status NoVersions(const std::vector<ModelStatus>& models, const ModelSpec& spec) {
  const std::string name = spec.name.substr(0, 256);
  if (spec.version.number) {
    return NotFound("Could not find version " + std::to_string(*spec.version.number) + " of model " + name);
  }
  const auto known = std::ranges::find_if(models, [&](const ModelStatus& model) { return model.id.name == spec.name; });
  if (!spec.version.label.empty() && known != models.end()) {
    return InvalidArgument("Unrecognized servable version label: " + spec.version.label);
  }
  std::string text = "Could not find any versions of model " + name;
  // One that has none at all.
  if (known != models.end() && !known->reason.empty()) text += ": " + known->reason;
  return NotFound(std::move(text));
}

}  // namespace

Result<std::vector<VersionStatus>> DescribeVersions(const Engine& engine, const ModelSpec& spec) {
  const std::vector<ModelStatus> models = engine.Index();
  std::vector<VersionStatus> versions;
  for (const ModelStatus& model : models) {
    if (IsMeant(model, spec)) versions.push_back(StatusOf(model));
  }
  if (versions.empty()) return NoVersions(models, spec);
  std::ranges::sort(versions, std::greater(), &VersionStatus::version);
  return versions;
}

Result<DescribedModel> DescribeSignatures(const Engine& engine, const ModelSpec& spec) {
  Result<ModelDescription> description = engine.Describe(spec.name, spec.version);
  if (!description.ok()) return InItsWords(engine, spec, std::move(description).status());
  ModelId id = description->id;
  id.name = description->name;
  if (description->signatures) return DescribedModel{.id = std::move(id), .signatures = description->signatures->all};
  return DescribedModel{.id = std::move(id), .signatures = {DefaultSignatureOf(description->signature)}};
}

}  // namespace trireme::tfserving
