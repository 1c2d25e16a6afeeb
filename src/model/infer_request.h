// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/cancellation.h"
#include "base/clock.h"
#include "base/executor.h"
#include "model/infer_response.h"
#include "model/parameters.h"
#include "model/reply.h"
#include "model/stages.h"
#include "model/version_choice.h"
#include "tensor/tensor.h"

namespace trireme {

// An output that the client wants.
struct RequestedOutput {
  std::string name;
  int index = -1;      // in the signature; filled in by the engine
  Buffer destination;  // if not empty: where the caller wants the elements (shared memory, a slot of a bigger tensor)
  bool may_change = false;  // whether others may write to `destination` meanwhile (TensorSpec::may_change)
};

// Requests of one conversation with a stateful model (V2 "sequence" extension). Absent when `id` is neither.
struct SequenceFields {
  std::variant<std::monostate, uint64_t, std::string> id;
  bool start = false;
  bool end = false;
};

// Who asks: set by the server after authorisation, used for quotas and in logs. Empty until keys exist.
struct Caller {
  std::string principal;
  std::string tenant;
};

// W3C Trace Context (https://www.w3.org/TR/trace-context/), passed through as it came.
struct TraceContext {
  std::string traceparent;
  std::string tracestate;
};

// A request for one run of a model, in no protocol's terms. It is moved from hand to hand, never copied or shared: net
// to protocol to engine to the model's line to an instance, and ends by its `reply`.
struct InferRequest {
  std::string model;
  VersionChoice version;
  std::string signature;                 // which of the model's file's (file_signatures.h); empty: the one that it is
  std::string id;                        // the client's own, echoed
  std::string_view protocol;             // by which it came, a constant: "kserve-http", "tfserving"
  std::vector<NamedTensor> inputs;       // as sent; after the engine's check: in the signature's order, all present
  std::vector<size_t> changing_inputs;   // as sent: those that others may write to meanwhile (TensorSpec::may_change)
  std::vector<RequestedOutput> outputs;  // as sent, empty for all; after the check: never empty
  Parameters parameters;                 // those that the protocol did not understand itself
  SequenceFields sequence;
  uint64_t priority = 0;        // 0: the model's default; 1 is the highest
  TimePoint deadline = kNever;  // after which nobody wants the answer
  // How long it may wait in line, if the client said so; 0: as the model's queue policy says. With a policy that has a
  // time-out, only a shorter one counts, and only if the policy allows it; without one it is a deadline.
  std::chrono::microseconds queue_timeout{0};
  Cancellation cancellation;
  Caller caller;
  TraceContext trace;
  Stages stages;
  int64_t rows = 1;  // what a batch counts; filled in by the engine
  size_t bytes = 0;  // of all inputs; filled in by the engine
  // The event loop that brings it, if one does: on its thread a cheap model may be run, with whatever else that loop
  // brings in the same turn. As long-lived as `reply`.
  Executor* loop = nullptr;
  // Whether the one who asks can take several responses; else a decoupled model is refused.
  bool takes_several = false;
  Reply reply;
};

}  // namespace trireme
