// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "access/token_keys.h"
#include "protocols/kserve/infer_services.h"
#include "protocols/torchserve/services.h"

namespace trireme {

// What TorchServe's dialect uses, and its counters and books, which are the server's own. All arguments must outlive
// it.
torchserve::Services MakeTorchserveServices(const kserve::InferServices& services, torchserve::Options options,
                                            torchserve::ModelBook& book, torchserve::WorkflowBook& workflows,
                                            torchserve::SnapshotFile& snapshot, torchserve::AnswerCounts& counts,
                                            TokenKeys* tokens);

}  // namespace trireme
