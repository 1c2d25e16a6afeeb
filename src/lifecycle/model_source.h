// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "backend/backend_set.h"
#include "base/status.h"
#include "repository/scan.h"

namespace trireme {

// Who opens a model, and what of.

// The backend that its config names, if it has no file; else the one that knows the file.
Result<Backend*> BackendFor(BackendSet& backends, const ModelEntry& entry);

// kInvalidArgument: it has no file, and its config leaves something of its signature open.
Result<ModelSource> SourceOf(const ModelEntry& entry);

// A model that may run on a GPU or on the cpu is to run on the cpu if its backend does not run on these GPUs, and a
// note of it says why. Opens the plug-in for files of its kind if it is the first.
void KeepOffGpus(ModelEntry& entry, std::span<const Device> devices, BackendSet& backends);

}  // namespace trireme
