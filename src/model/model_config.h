// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "tensor/device.h"

namespace trireme {

// How somebody wants a model to be run. Zero means "find out": nothing has to be set.
struct ModelConfig {
  Device device;
  int instances = 0;                       // callers that run the model at the same time, on shared weights
  int threads = 0;                         // threads that one run may use
  int64_t max_rows = 0;                    // of a batch; 1 switches batching off
  std::chrono::microseconds max_delay{0};  // that a request may wait for company
  size_t max_waiting_requests = 1024;      // in the model's line
  size_t max_waiting_bytes = size_t{1} << 30;
  bool run_inline = true;  // run a cheap idle model on the I/O loop
};

}  // namespace trireme
