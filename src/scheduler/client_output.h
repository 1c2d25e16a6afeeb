// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/status.h"
#include "model/infer_request.h"
#include "model/signature.h"
#include "tensor/tensor.h"

namespace trireme {

// From an output as the model gave it to one as the client of a request wants it.

// Where clients know the output under another shape than the model gives it, it gets theirs. kInternal: it cannot.
Status GiveClientsShape(Tensor& tensor, const TensorSpec& spec);

// Where the caller supplied a place for an output and the tensor is not there already, it is brought there.
// kInvalidArgument: there is not room enough.
Status Deliver(Tensor& tensor, const RequestedOutput& wanted);

}  // namespace trireme
