// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>

#include "app/options.h"

namespace trireme {

// `trireme convert`: writes what a SavedModel is served as into an ONNX file that has all of it, or an ONNX model;
// either in lower precision if that is asked for. What came of it goes to `out`, what went wrong to `problems`. Returns
// the process's exit code: kExitFailure if it cannot be converted or written; then there is no new file.
int RunConvert(const ConvertOptions& options, std::ostream& out, std::ostream& problems);

}  // namespace trireme
