// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace trireme {

// When a request passed each point on its way; what is not reached stays at the epoch. The stages a person sees are the
// differences: decode, load (of those few that waited), queue, (input) join, compute, (output) split and encode.
struct Stages {
  TimePoint received;      // its last byte was read
  TimePoint awaited;       // decoded, and its model was not in memory: it waited for the load
  TimePoint queued;        // decoded and checked, entered the line
  TimePoint predicted;     // when it was expected to be answered as it entered the line; not known of every request
  TimePoint taken;         // an instance took it
  TimePoint run_begin;     // inputs are in place
  TimePoint run_end;       // the model returned
  TimePoint answered;      // handed to its Reply
  int64_t batch_rows = 0;  // of the run it was part of
  int threads = 1;         // that run kept busy, of the server's processors
};

}  // namespace trireme
