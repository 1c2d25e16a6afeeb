// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "net/http_handler.h"
#include "net/http_message.h"

namespace trireme::sagemaker {

// Here the length of a binary body's JSON stands in its Content-Type, as in Triton's SageMaker server:
// "application/vnd.sagemaker-triton.binary+json;json-header-size=N", in both directions.

// The N of it, as text; nothing: the type is another one, or says no size, and the whole body is JSON.
// kInvalidArgument: it stands somewhere else than at the beginning, or is no number.
Result<std::optional<std::string_view>> JsonSizeIn(std::string_view content_type);

// Whether that is within the body; the error is Triton's.
Status CheckJsonSize(std::string_view size, size_t body_bytes);

// The headers as KServe V2 has them: with Inference-Header-Content-Length where there is a size, and without what has
// no meaning here (a client's own such header, Accept-Encoding: nothing is compressed on this way).
void TranslateHeaders(net::HttpRequest& request, std::optional<std::string_view> json_size);

// A reply that V2 answers and SageMaker's client understands: the length moves back into the Content-Type, and the
// client's custom attributes, if any, go with the answer.
net::HttpReply TranslateReply(net::HttpReply reply, std::string custom_attributes);

// Adds them to an answer.
void AddCustomAttributes(net::HttpResponse& response, const std::string& custom_attributes);

// The request's header, or an empty text.
std::string CustomAttributesOf(const net::HttpRequest& request);

}  // namespace trireme::sagemaker
