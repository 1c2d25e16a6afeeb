// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/status.h"
#include "net/http_message.h"

namespace trireme::admin {

// 200 with a JSON document.
net::HttpResponse JsonAnswer(std::string json);

// {"error": "..."} with the HTTP number of the status' code.
net::HttpResponse ErrorAnswer(const Status& status);

}  // namespace trireme::admin
