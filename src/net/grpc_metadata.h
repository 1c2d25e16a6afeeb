// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "net/grpc_message.h"
#include "net/http2_stream.h"

// How gRPC puts what it says beside its messages into headers and trailers.
namespace trireme::net {

// For grpc-message: all but printable ASCII, and '%' itself, as "%E2".
std::string PercentEncode(std::string_view text);

// For names that end in "-bin": Base64 without padding, as the protocol asks of those who send.
std::string EncodeBinaryMetadata(std::string_view bytes);

// What the value of such a header stands for: one piece of bytes, or several that were joined with commas on their way.
// With or without padding. kInvalidArgument: it is no Base64.
Result<std::vector<std::string>> DecodeBinaryMetadata(std::string_view value);

// The trailers that tell this status. Metadata whose name is none (a-z, 0-9, "_-.") or is the status's own is left out;
// in a value, what cannot travel (all but printable ASCII) becomes '?'. A message that few clients would take is cut.
Http2Headers StatusTrailers(const GrpcStatus& status);

}  // namespace trireme::net
