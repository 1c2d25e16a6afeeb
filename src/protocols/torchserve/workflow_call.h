// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "access/authoriser.h"
#include "net/http_handler.h"
#include "net/http_message.h"
#include "protocols/torchserve/services.h"

namespace trireme::torchserve {

// Answers a request with what the workflow's leaf says to it. On the loop's thread of the connection.
//
// Each node is asked as a prediction is, so no thread is blocked; those that do not wait for one another are asked at
// the same time. A node's time-out counts anew for each attempt. Where a node fails, the others' work is called off,
// and the answer is sent when none of them is at it any more.
void StartWorkflow(const Services& services, std::string_view workflow, const Identity& identity,
                   net::HttpRequest request, net::HttpReply reply);

}  // namespace trireme::torchserve
