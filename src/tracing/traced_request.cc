// SPDX-License-Identifier: Apache-2.0
#include "tracing/traced_request.h"

#include <utility>

#include "base/clock.h"

namespace trireme {

void TracedRequest::Begin(const Tracer& tracer, std::string_view protocol, const InferRequest& request) {
  if (!tracer.on()) return;
  note_.emplace(Note{.trace = {.context = request.trace,
                               .model = {request.model, request.version.number.value_or(0)},
                               .protocol = protocol,
                               .request_id = {},
                               .status = StatusCode::kOk,
                               .stages = request.stages,
                               .done = {}},
                     .request_id = request.id});
}

void TracedRequest::End(Tracer& tracer, const Outcome& outcome, const Status& encoded) {
  if (!note_) return;
  RequestTrace& trace = note_->trace;
  if (outcome.response) trace.model = outcome.response->model;
  trace.request_id = note_->request_id;
  trace.status = outcome.status.ok() ? encoded.code() : outcome.status.code();
  const TimePoint received = trace.stages.received;
  trace.stages = outcome.stages;
  if (trace.stages.received == TimePoint()) trace.stages.received = received;
  trace.done = Clock::System().Now();
  tracer.Record(trace);
  note_.reset();
}

}  // namespace trireme
