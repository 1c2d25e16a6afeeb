// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "engine/engine.h"
#include "model/labels.h"
#include "wire/tfserving/results.h"

namespace trireme::tfserving {

// What a model's scores mean, for answers whose classes the model does not give itself; shared with the model. Empty
// where it does, and of a model that has gone meanwhile.
std::shared_ptr<const ModelLabels> LabelsOf(const Engine& engine, const ModelId& model, const ResultOutputs& outputs);

}  // namespace trireme::tfserving
