// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "base/status.h"
#include "model/infer_request.h"
#include "model/signature.h"

namespace trireme {

// Checks a request against the model's signature and brings it into the form in which the line expects it: inputs in
// the signature's order and all there (an optional one that was left out as an empty tensor of rank 0), in the shapes
// that the model itself takes, outputs with their indexes and never empty, `rows` and `bytes` counted. The last check
// before a backend sees it, whatever protocol it came by.
//
// `max_request_rows`: that the request may have, if the outermost dimension counts them; 0: any.
//
// kInvalidArgument names the input or output, what was expected and what came. kUnavailable: memory that may change
// comes where this model does not take it, because it has just replaced the one for which the request was made.
Status CheckRequest(std::string_view model_name, const Signature& signature, InferRequest& request,
                    int64_t max_request_rows = 0);

}  // namespace trireme
