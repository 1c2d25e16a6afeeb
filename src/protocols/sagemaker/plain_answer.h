// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/status.h"
#include "model/infer_response.h"
#include "net/http_message.h"
#include "protocols/sagemaker/media_type.h"

namespace trireme::sagemaker {

// The outputs as a body of that format. As JSON: the nested array of the one output, or of several an object of such by
// name, under "predictions" where the request had "instances". As CSV and for NumPy there must be one output.
// kUnsupported: the outputs cannot be written so.
Result<net::HttpResponse> EncodePlainAnswer(const InferResponse& response, Format format, bool as_predictions);

}  // namespace trireme::sagemaker
