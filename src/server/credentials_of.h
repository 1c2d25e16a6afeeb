// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "access/authoriser.h"
#include "net/http_message.h"

namespace trireme {

// What whoever sent this request, or this gRPC call's head, showed of himself. Views into `request`.
Credentials CredentialsOf(const net::HttpRequest& request);

}  // namespace trireme
