// SPDX-License-Identifier: Apache-2.0
#include "protocols/tfserving/labels.h"

namespace trireme::tfserving {

std::shared_ptr<const ModelLabels> LabelsOf(const Engine& engine, const ModelId& model, const ResultOutputs& outputs) {
  static const auto kNone = std::make_shared<const ModelLabels>();
  if (!outputs.classes.empty()) return kNone;
  const Result<ModelDescription> description = engine.Describe(model.name, model.version);
  return description.ok() ? description->labels : kNone;
}

}  // namespace trireme::tfserving
