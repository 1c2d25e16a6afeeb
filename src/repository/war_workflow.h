// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include "base/status.h"
#include "repository/war_manifest.h"
#include "repository/workflow_spec.h"

namespace trireme {

struct WarWorkflow {
  WarManifest manifest;
  WorkflowSpec spec;
  // Of each node: its model's file, if the archive has one of that name; empty: it lies elsewhere.
  std::vector<std::filesystem::path> files;
};

// A TorchServe workflow archive that lies unpacked in `folder`. No link in it leads out of it. kNotFound and
// kInvalidArgument name the file and what is wrong; kUnsupported: as ParseWorkflowSpec.
Result<WarWorkflow> ReadWarFolder(const std::filesystem::path& folder);

}  // namespace trireme
