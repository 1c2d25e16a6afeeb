// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/device_wish.h"
#include "model/service_goal.h"
#include "model/warmup_sample.h"
#include "tensor/device.h"

namespace trireme {

// How long a request may wait in line, and what happens then (Triton's ModelQueuePolicy).
struct QueuePolicy {
  enum class TimeoutAction : uint8_t {
    kReject,  // it is answered kDeadlineExceeded
    kDelay,   // it goes behind all of its level that still have time, and is run when those are done
  };
  TimeoutAction timeout_action = TimeoutAction::kReject;
  std::chrono::microseconds timeout{0};  // 0: none
  bool allow_timeout_override = false;   // a request may ask for less
  size_t max_waiting_requests = 0;       // of the level; 0: no bound but that of the whole line
};

// How somebody wants a model to be run. Zero means "find out": nothing has to be set.
struct ModelConfig {
  std::vector<DeviceWish> copies = {DeviceWish()};  // where each is to run; one at least
  std::vector<Device> devices = {Device()};         // where each runs, once that is decided (lifecycle/placement.h)
  int instances = 0;                                // callers that run the model at the same time, on shared weights
  int threads = 0;                                  // threads that one run may use
  int64_t max_rows = 0;                             // of a batch; 1 switches batching off
  int64_t max_request_rows = 0;                     // that one request may have; 0: any
  std::vector<int64_t> preferred_rows;     // batches of exactly so many rows go at once; none: only a full one does
  std::chrono::microseconds max_delay{0};  // that a request may wait for company
  size_t max_waiting_requests = 1024;      // in the model's line
  size_t max_waiting_bytes = size_t{1} << 30;
  bool run_inline = true;  // run a cheap idle model on the I/O loop

  // A request has any number of responses (Triton's model_transaction_policy.decoupled): not batched. Decided when the
  // model is opened, where its backend knows.
  bool decoupled = false;

  bool preserve_ordering = false;  // answers leave in the order in which their requests came
  uint32_t priority_levels = 0;    // 0: one level, and a request's priority means nothing; else 1 is the most urgent
  uint32_t default_priority = 0;   // of a request that names none; 1 to priority_levels
  QueuePolicy queue_policy;        // of every level without one of its own
  std::map<uint32_t, QueuePolicy> level_policies;

  // What is promised: a request that would miss it is refused, and how the model is run follows from it. Nothing: only
  // requests with deadlines of their own are refused for that.
  std::optional<ServiceGoal> goal;
  double weight = 1;       // of its share of the processors where models compete for them
  size_t cache_bytes = 0;  // of answers that are kept for requests with the same inputs; 0: none

  std::vector<WarmupSample> warmup;                       // run before the model is ready
  std::optional<int> graph_optimization;                  // level, in the runtime's own numbers
  std::map<std::string, std::string> runtime_parameters;  // passed to the backend as they are
};

}  // namespace trireme
