// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "access/authoriser.h"
#include "base/status.h"
#include "net/http_message.h"

namespace trireme {

// What whoever sent this request, or this gRPC call's head, showed of himself. Views into `request`.
Credentials CredentialsOf(const net::HttpRequest& request);

// What became of asking who he is and whether he may.
struct Admission {
  Status status;
  Identity identity;  // of one who is known, also if he may not
};

}  // namespace trireme
