// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/status.h"
#include "model/labels.h"
#include "model/signature.h"
#include "repository/finding.h"
#include "repository/scan.h"

namespace trireme {

struct ReadLabelsResult {
  ModelLabels labels;
  std::vector<Finding> findings;  // a file that cannot be read is an error; one that is shorter or longer than its
                                  // output a warning
};

// Reads the files that entry.declared names for its outputs: one label a line. A file must lie in the model's folder,
// links followed, and has at most 64 MiB and 4,194,304 lines. What is not UTF-8 in it is replaced, with a warning.
// `signature` is the fitted one.
ReadLabelsResult ReadLabels(const ModelEntry& entry, const Signature& signature);

}  // namespace trireme
