// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/gate.h"
#include "net/listener.h"

namespace trireme::net {

// An address that is listened on: who answers there, and how many may be inside. Outlives its connections.
struct Door {
  Door(const Reception& who, Gate& shared_places, size_t shared_most)
      : reception(who),
        places(who.own_connections > 0 ? own_places : shared_places),
        most(static_cast<int64_t>(who.own_connections > 0 ? who.own_connections : shared_most)) {}

  const Reception reception;
  Gate own_places;     // where the reception has connections of its own
  Gate& places;        // where each connection is inside while it lives: the above, or what all others share
  const int64_t most;  // of them
};

}  // namespace trireme::net
