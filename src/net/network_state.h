// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/gate.h"
#include "base/memory_pool.h"
#include "net/byte_budget.h"
#include "net/listener.h"

namespace trireme::net {

// What the acceptor and the connections of all loops share. Thread-safe: each member is.
struct NetworkState {
  NetworkState(NetOptions given, MemoryPool& blocks)
      : options(std::move(given)), pool(blocks), bodies(options.limits.max_body_bytes_in_flight) {}

  const NetOptions options;
  MemoryPool& pool;
  ByteBudget bodies;
  NetCounters counters;
  Gate open;  // each connection is inside while it lives
};

}  // namespace trireme::net
