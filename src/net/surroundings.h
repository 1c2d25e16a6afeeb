// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/event_loop.h"
#include "net/listener.h"
#include "net/network_state.h"
#include "net/response_encoder.h"

namespace trireme::net {

// Where a connection lives, whatever it speaks; all of it outlives the connection.
struct Surroundings {
  EventLoop& loop;
  ResponseEncoder& encoder;  // of the loop
  NetworkState& network;
  const Reception& reception;  // of the address that the connection came in at
};

}  // namespace trireme::net
