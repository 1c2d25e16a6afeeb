// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend/backend_set.h"
#include "base/status.h"
#include "repository/scan.h"

namespace trireme {

// Who opens a model, and what of.

// The backend that its config names, if it has no file; else the one that knows the file.
Result<Backend*> BackendFor(BackendSet& backends, const ModelEntry& entry);

// kInvalidArgument: it has no file, and its config leaves something of its signature open.
Result<ModelSource> SourceOf(const ModelEntry& entry);

}  // namespace trireme
