// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "base/status.h"
#include "net/http_handler.h"
#include "net/http_message.h"

namespace trireme {

// A callback that owes a client its answer, for what takes its time: `answer` makes it, once, on the reply's loop. It
// may be called once, on any thread, long after the client has gone; if nobody ever calls it, the reply answers by
// itself.
std::function<void(Status)> AnswerLater(net::HttpReply reply, std::function<net::HttpResponse(const Status&)> answer);

}  // namespace trireme
