// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "net/http_message.h"
#include "protocols/torchserve/failure.h"
#include "protocols/torchserve/services.h"

namespace trireme::torchserve {

// Puts on an answer what TorchServe puts on each: an id, and that nobody is to keep it. One of 400 or more ends its
// connection. Counts it: each answer comes through here once.
net::HttpResponse Dressed(const Services& services, net::HttpResponse response);

net::HttpResponse JsonAnswer(const Services& services, int status, std::string json);
// {"status": "..."}
net::HttpResponse StatusAnswer(const Services& services, int status, std::string_view text);
net::HttpResponse FailureAnswer(const Services& services, const Failure& failure);

// For what goes wrong before a route is reached.
net::HttpResponse ErrorAnswer(const Services& services, const Status& status);

}  // namespace trireme::torchserve
