// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "base/status.h"
#include "bench/load_plan.h"
#include "bench/load_record.h"

namespace trireme::bench {

// What can be told of a target beside its numbers.
struct TargetFacts {
  std::string model;         // "resnet50"; of several "a; b"
  std::string inputs;        // "x FP32[1,16]"
  std::string server;        // what it says that it is, "trireme 0.1.0"; empty: it does not say
  std::optional<pid_t> pid;  // of its process, if that is one of this machine
};

// What can be loaded, any number of times: a server (bench/server_target.h), or a model in this process
// (bench/local_target.h). Loads come one after the other.
class Target {
 public:
  virtual ~Target() = default;

  virtual const TargetFacts& facts() const = 0;

  // Loads it as planned, but for what only the target knows and fills in: carriers, models and the process whose time
  // is read; and no more calls of a connection than that can carry. Blocks until the load has ended.
  //
  // An error means that nothing was measured, for a reason that another load would have as well: it refuses the
  // request, say. A server that has gone is none: then the calls fail.
  virtual Result<LoadResult> Run(LoadPlan plan) = 0;

  // Whether somebody is there, whatever he would answer. Blocks for some seconds at most.
  virtual Status Probe() = 0;
};

}  // namespace trireme::bench
