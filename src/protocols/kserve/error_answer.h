// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/status.h"
#include "net/http_message.h"

namespace trireme::kserve {

// {"error": "..."}, as V2 says that something went wrong.
net::HttpResponse ErrorResponse(const Status& status);

}  // namespace trireme::kserve
