// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "base/gate.h"
#include "net/connection.h"
#include "net/surroundings.h"
#include "net/transport.h"

namespace trireme::net {

// An HTTP/2 connection whose client begins with its preface, which is still to be read. `pass` is held until the end;
// then NetCounters::connections_open is one less.
//
// Streams are served side by side: gRPC calls by Reception::grpc, all other requests by Reception::http. What they say
// in a turn of the loop is written at its end, at once; what is read is handed to them as it comes, and flow control
// (not the socket) slows a client down.
//
//   serving -> closing (a GOAWAY is on its way) -> lingering (reads and drops, so that it arrives) -> closed
//
// Drain() lets the streams end that the client has opened, and those that it opened before it could know better. A
// client that breaks the rules, or makes work for nobody's sake (Http2Limits), is told why by a GOAWAY and closed. One
// that sends nothing more has gone: an HTTP/2 client that still wants its answers keeps its direction open, to grant
// window and to acknowledge.
std::unique_ptr<Connection> MakeHttp2Connection(const Surroundings& surroundings, std::unique_ptr<Transport> transport,
                                                std::string peer, Gate::Pass pass);

}  // namespace trireme::net
