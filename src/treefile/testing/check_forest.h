// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/status.h"
#include "treefile/forest.h"

namespace trireme::treefile {

// For fuzzers: ends the process unless what a reader says of some bytes is one of the errors that it may have, or a
// forest that is all that forest.h promises, and that can be evaluated.
void CheckForest(const Result<Forest>& read);

}  // namespace trireme::treefile
