// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/status.h"
#include "lifecycle/model_control.h"
#include "protocols/kserve/infer_services.h"
#include "protocols/tfserving/services.h"
#include "repository/scan.h"

namespace trireme {

// The models of such a file, as the repository has them.
std::vector<NamedModel> NamedModelsOf(std::vector<tfserving::ServedModel> models);

// What TF Serving's dialect uses, and its counters, which are the server's own. `control`: null, or has the list of
// models that clients may replace. All arguments must outlive it.
tfserving::Services MakeTfservingServices(const kserve::InferServices& services, tfserving::Options options,
                                          tfserving::RequestCounts& counts, ModelControl* control);

}  // namespace trireme
