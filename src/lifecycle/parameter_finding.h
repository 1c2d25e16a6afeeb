// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/status.h"
#include "repository/finding.h"
#include "repository/scan.h"

namespace trireme {

// What a backend has against one of the runtime's parameters (OpenOptions::runtime_parameters), as a mistake in the
// config file that says it. Nothing: the error is about something else.
std::optional<Finding> ParameterFinding(const ModelEntry& entry, const Status& error);

}  // namespace trireme
