// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/clock.h"
#include "base/status.h"
#include "model/stages.h"
#include "net/grpc_handler.h"
#include "net/http_message.h"

namespace trireme {

// Where the time of an answered request went, as a Server-Timing header says it
// (https://www.w3.org/TR/server-timing/): "decode;dur=0.004, queue;dur=0.120, ..." in milliseconds. `encoded` is when
// the answer was ready to be sent. What was answered well and never entered a line came from the response cache:
// "cache" is then how long it took to read the request and find that. Empty for a request that was refused before a
// line.
std::string ServerTiming(const Status& status, const Stages& stages, TimePoint encoded);

// Puts that on an answer; nothing, if it is empty.
void AddServerTiming(net::HttpResponse& response, std::string timing);
void AddServerTiming(net::GrpcStatus& status, std::string timing);

// Ends a call with its one message and OK, and with that in its trailers.
void FinishWithTiming(net::GrpcReply& reply, net::GrpcPayload message, std::string timing);

}  // namespace trireme
