// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "base/status.h"
#include "tune/candidate_server.h"
#include "tune/model_facts.h"
#include "tune/options.h"
#include "tune/state_file.h"

namespace trireme::tune {

// Makes the model in a lower precision, below `folder`, and compares what both answer to the same samples: an answer
// that is too far off is a refusal in what is returned, as is a model that cannot be converted. Starts a server for
// each, one after the other. Errors: the model itself does not answer; kUnavailable: no room in the folder; kCancelled:
// stopped.
Result<PrecisionTrial> TryPrecision(Precision precision, const ModelFacts& facts, const MeasuredModel& model,
                                    const onnxfile::Tolerance& tolerance, const std::filesystem::path& folder);

}  // namespace trireme::tune
