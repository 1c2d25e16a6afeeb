// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/onnx/runtime.h"
#include "base/status.h"
#include "model/signature.h"

namespace trireme::onnx {

// What a session takes and gives. Inputs with a default (initialisers that may be overridden) are left out and keep it.
// `batched` is suggested if every tensor's outermost dimension may have any size, and all that name it use one name
// that no other dimension has. kUnsupported names what no protocol can carry: sequences, maps, optionals, sparse
// tensors, and element types that KServe V2 lacks.
Result<Signature> ReadSignature(const OrtApi& api, const OrtSession& session);

}  // namespace trireme::onnx
