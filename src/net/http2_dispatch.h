// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "net/http2_server_stream.h"
#include "net/http_error.h"
#include "net/http_message.h"
#include "net/listener.h"

namespace trireme::net {

// Whether a head begins a gRPC call: "application/grpc", alone or followed by '+' or ';', that is POSTed.
bool IsGrpcCall(const HttpRequest& head);

// Gives a stream whose head is complete to who serves it, or answers it at once: with `problem`, or as a gRPC call
// where none are served. `end`: there is no body.
void ServeHttp2Stream(Http2ServerStream& stream, const Reception& reception, HttpRequest head,
                      const std::optional<HttpError>& problem, bool end);

}  // namespace trireme::net
