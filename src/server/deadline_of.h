// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "access/operation.h"
#include "base/clock.h"
#include "base/status.h"
#include "net/http_message.h"

namespace trireme {

// How long after it was sent the client of an inference over HTTP waits for its answer, by its headers; the shortest if
// several say it, or one says it twice, Duration::max() if none does:
//
//   grpc-timeout                    as gRPC writes it: 1 to 8 digits and one of H M S m u n
//   x-envoy-expected-rq-timeout-ms  what Envoy and Istio put there: milliseconds, 0 for none
//
// kInvalidArgument names the header, what was expected and what came.
Result<Duration> TimeoutOf(Operation operation, const net::HttpRequest& head);

// When that has passed for a request that has been read; kNever if it has no timeout, or one that is not understood.
TimePoint DeadlineOf(Operation operation, const net::HttpRequest& request);

}  // namespace trireme
