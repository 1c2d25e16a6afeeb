// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/status.h"
#include "net/http_message.h"

namespace trireme::kserve {

// The one table from what went wrong to V2's HTTP numbers. Where Triton answers a client's fault with 500 or 501
// (malformed JSON, an unsupported wish), this says 4xx: whose fault it is must show in the number.
int HttpStatus(StatusCode code);

// {"error": "..."} with that number, and Retry-After where trying again helps.
net::HttpResponse ErrorResponse(const Status& status);

// 200 with a JSON document.
net::HttpResponse JsonResponse(std::string json);

}  // namespace trireme::kserve
