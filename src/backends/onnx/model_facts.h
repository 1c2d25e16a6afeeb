// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "backend/backend.h"
#include "base/status.h"
#include "onnxfile/onnx_reader.h"

namespace trireme::onnx {

// What a model file says of a model, in a backend's words. `runtime_version` is that of ONNX Runtime, "1.29.0":
// kInvalidArgument, as of the runtime itself, if the file is of a format that is newer than that. A pure function.
//
// What the file leaves out (the shape of an output, as a rule) only the runtime can work out: such an output is not in
// the signature, and a note says so.
Result<ModelFacts> FactsOf(const onnxfile::ModelSummary& summary, std::span<const std::string> optional_inputs,
                           std::string_view runtime_version);

}  // namespace trireme::onnx
