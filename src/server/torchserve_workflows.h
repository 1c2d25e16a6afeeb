// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "base/status.h"
#include "protocols/torchserve/workflow_facts.h"

namespace trireme {

// A TorchServe workflow archive (zip or tar.gz), or a folder that was one, as its protocol is told of it. An archive is
// unpacked into a scratch folder, which the facts keep. Errors are those of ExtractArchive and ReadWarFolder.
Result<torchserve::WorkflowFacts> ReadWorkflowFacts(const std::filesystem::path& path);

}  // namespace trireme
