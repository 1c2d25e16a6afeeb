// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "codec/keyed_hash.h"
#include "model/infer_request.h"

namespace trireme {

// What tells requests to one loaded model apart, as far as their answers go: the signature, the outputs asked for and
// the inputs in the order in which they were sent, with names, types, shapes and elements, and the parameters that
// reach the model. Who asks, the id, priority and deadline are not part of it.
//
// Nothing for a request whose answer is for it alone: one of a sequence, one with inputs that somebody may write to
// meanwhile or that are not in the host's memory, or one that has its outputs written to a place of its own.
std::optional<Hash128> KeyOf(const InferRequest& request, const KeyedHash& hash);

}  // namespace trireme
