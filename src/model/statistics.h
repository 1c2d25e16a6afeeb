// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <vector>

#include "base/clock.h"

namespace trireme {

// How often something happened, and how long it took together.
struct CountedTime {
  uint64_t count = 0;
  Duration total{0};

  void Add(Duration duration, uint64_t times = 1) {
    count += times;
    total += duration;
  }
};

// What a model version did since it was first loaded, in the terms of V2's statistics extension
// (https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_statistics.md). All numbers of
// one copy belong together: success.count == queue.count == compute_infer.count + cache_hit.count, and the batches'
// rows are the inferences.
struct ModelStatistics {
  // Why requests failed, as nv_inference_request_failure names it.
  enum class FailureReason : uint8_t { kRejected, kCanceled, kBackend, kOther };
  static constexpr int kFailureReasons = 4;

  std::chrono::system_clock::time_point last_inference;  // the epoch: never
  uint64_t inferences = 0;  // rows of requests that were run with success; one each if it does not batch
  uint64_t executions = 0;  // successful runs of the model

  CountedTime success;  // from the last byte read to the answer handed over; those from the cache too
  CountedTime fail;     // refused ones too
  uint64_t failures[kFailureReasons] = {};
  CountedTime queue;           // of successful requests, as all below; none of it is of those from the cache
  CountedTime compute_input;   // joining
  CountedTime compute_infer;   // the run
  CountedTime compute_output;  // splitting
  CountedTime cache_hit;       // requests that were answered from the cache, and looking there for them
  CountedTime cache_miss;      // those for which nothing was there: looking for it, and keeping the answer

  struct Batch {
    CountedTime compute_input;  // counted once a run
    CountedTime compute_infer;
    CountedTime compute_output;
  };
  std::map<uint64_t, Batch> batches;  // by rows

  // Of a decoupled model: the first, second, ... response of every request ("response_stats"). Times are since the
  // response before it, or since the run began.
  struct Response {
    CountedTime compute_infer;   // until the model gave it
    CountedTime compute_output;  // until it was handed over
    CountedTime success;         // both
    CountedTime fail;            // the run broke off instead
    CountedTime empty_response;  // the run ended instead, as it should
    CountedTime cancel;          // nobody wanted it any more
  };
  std::vector<Response> responses;  // by index
};

}  // namespace trireme
