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
std::unique_ptr<Connection> MakeHttp2Connection(const Surroundings& surroundings, std::unique_ptr<Transport> transport,
                                                std::string peer, Gate::Pass pass);

}  // namespace trireme::net
