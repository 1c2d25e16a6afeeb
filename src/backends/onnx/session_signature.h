// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "backends/onnx/runtime.h"
#include "base/status.h"
#include "model/signature.h"

namespace trireme::onnx {

// What a session takes and gives (ToSignature). Inputs with a default (initialisers that may be overridden) are left
// out and keep it, except those in `optional_inputs`.
Result<Signature> ReadSignature(const OrtApi& api, const OrtSession& session,
                                std::span<const std::string> optional_inputs);

}  // namespace trireme::onnx
