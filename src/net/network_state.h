// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/gate.h"
#include "base/memory_pool.h"
#include "net/byte_budget.h"
#include "net/failed_handshakes.h"
#include "net/listener.h"

namespace trireme::net {

// What the acceptor and the connections of all loops share. Thread-safe: each member is.
struct NetworkState {
  NetworkState(NetOptions given, MemoryPool& blocks, const Logger* logger = nullptr)
      : options(std::move(given)),
        pool(blocks),
        own_bodies(options.limits.max_body_bytes_in_flight),
        failed_handshakes(logger) {}

  const NetOptions options;
  MemoryPool& pool;
  ByteBudget own_bodies;
  ByteBudget& bodies = options.bodies != nullptr ? *options.bodies : own_bodies;
  NetCounters counters;
  FailedHandshakes failed_handshakes;
  Gate open;  // each connection is inside while it lives, unless its listener has places of its own
};

}  // namespace trireme::net
