// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "model/signature.h"
#include "onnxfile/onnx_reader.h"

namespace trireme::onnx {

// What a model takes and gives, in ONNX's words.
struct ModelValues {
  std::vector<onnxfile::GraphValue> inputs;
  std::vector<onnxfile::GraphValue> optional_inputs;  // those with a default that a request may give another value
  std::vector<onnxfile::GraphValue> outputs;
};

// Those of `defaulted` that are among `names`, in the order of `names`.
std::vector<onnxfile::GraphValue> PickOptional(const std::vector<onnxfile::GraphValue>& defaulted,
                                               std::span<const std::string> names);

// The same in ours: optional inputs follow the others. `batched` is suggested if every tensor's outermost dimension may
// have any size, and all that name it use one name that no other dimension has. kUnsupported names what no protocol can
// carry: sequences, maps, optionals, sparse tensors, and element types that KServe V2 lacks.
Result<Signature> ToSignature(const ModelValues& values);

}  // namespace trireme::onnx
