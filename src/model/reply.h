// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "base/status.h"
#include "model/infer_response.h"

namespace trireme {

// How a request ended: with a last response, or without one (an error, or the end of a stream of responses).
struct Outcome {
  Status status;
  std::optional<InferResponse> response;  // only where the status is OK
  Stages stages;
};

// Receives what a Reply is given: a protocol's call object, a test's recorder.
//
// Called on whichever thread answers the request (an instance's, or the one that called Infer), one call at a time, in
// order: any number of Respond(), then End() exactly once. It must not block: a protocol hands the response to its loop
// and returns.
class ReplySink {
 public:
  virtual ~ReplySink() = default;

  // One of several responses.
  virtual void Respond(InferResponse response) = 0;

  // `self` is this sink: it may live on until the answer is sent, or go with the call.
  virtual void End(std::unique_ptr<ReplySink> self, Outcome outcome) = 0;
};

// The one place where an accepted request is answered: any number of responses and one finish. For most models both
// travel in one call, Finish(response).
//
// Move-only; whoever holds it owes the answer. One that is dropped finishes with kInternal, so a request cannot be lost
// by forgetting it; with kOutOfMemory where it is dropped by an exception on its way, which is std::bad_alloc. Not
// thread-safe: it has one holder at a time.
class Reply {
 public:
  Reply() = default;
  explicit Reply(std::unique_ptr<ReplySink> sink) : sink_(std::move(sink)) {}
  Reply(Reply&&) noexcept = default;
  Reply& operator=(Reply&& other) noexcept;
  ~Reply();

  // One of several responses.
  void Send(InferResponse response);

  // The last or only response.
  void Finish(InferResponse response);

  // No (further) response: why, or OK at the end of a stream.
  void Finish(Status status, const Stages& stages = {});

  // Whether it still owes its finish.
  explicit operator bool() const { return sink_ != nullptr; }

 private:
  void End(Outcome outcome);

  std::unique_ptr<ReplySink> sink_;
};

}  // namespace trireme
