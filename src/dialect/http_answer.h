// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "base/status.h"
#include "net/http_message.h"

namespace trireme {

// The one table from our codes to HTTP's numbers, for every protocol that has none of its own. Where other servers
// answer a client's fault with 500 or 501 (malformed JSON, an unsupported wish), this says 4xx: whose fault it is must
// show in the number.
int ToHttpStatus(StatusCode code);

// When a refused client had better try again: at least a second, which is the smallest time that HTTP can say.
std::chrono::seconds RetryAfter(const Status& status);

// 200 with a JSON document.
net::HttpResponse JsonAnswer(std::string json);

// A failure: its number, Retry-After where trying again helps, and what the protocol says of it in JSON.
net::HttpResponse JsonErrorAnswer(const Status& status, std::string json);

}  // namespace trireme
