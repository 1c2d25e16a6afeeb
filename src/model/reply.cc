// SPDX-License-Identifier: Apache-2.0
#include "model/reply.h"

#include <exception>
#include <new>

#include "base/check.h"

namespace trireme {

Reply& Reply::operator=(Reply&& other) noexcept {
  const Reply dropped(std::move(*this));  // finishes what this one still owed, after the move
  sink_ = std::move(other.sink_);
  return *this;
}

Reply::~Reply() {
  if (!sink_) return;
  try {
    Finish(std::uncaught_exceptions() > 0 ? OutOfMemory("the system gives no more memory for this request")
                                          : Internal("the request was dropped without an answer"));
  } catch (const std::bad_alloc&) {
    // The sink, which goes now, owes an answer in its turn.
  }
}

void Reply::Send(InferResponse response) {
  CHECK(sink_ != nullptr);
  sink_->Respond(std::move(response));
}

void Reply::Finish(InferResponse response) {
  const Stages stages = response.stages;
  End({.status = {}, .response = std::move(response), .stages = stages});
}

void Reply::Finish(Status status, const Stages& stages) {
  End({.status = std::move(status), .response = std::nullopt, .stages = stages});
}

void Reply::End(Outcome outcome) {
  CHECK(sink_ != nullptr);
  ReplySink& sink = *sink_;
  sink.End(std::move(sink_), std::move(outcome));
}

}  // namespace trireme
