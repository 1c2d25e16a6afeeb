// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/status.h"
#include "model/infer_response.h"

namespace trireme {

// Receives what a Reply is given: a protocol's call object, a test's recorder.
//
// Called on whichever thread finishes the request (an instance's, or the one that called Infer), one call at a time,
// in order: any number of Respond() without `last`, then exactly one end, which is either Respond() with `last` or End().
// It must not block: a protocol hands the response to its loop and returns.
class ReplySink {
 public:
  virtual ~ReplySink() = default;

  virtual void Respond(InferResponse response, bool last) = 0;

  // The end without a response in the same call: an error, or the end of a stream of responses.
  virtual void End(Status status, const Stages& stages) = 0;
};

// The one place where an accepted request is answered: any number of responses and one finish. For most models both
// travel in one call, Finish(response).
//
// Move-only; whoever holds it owes the answer. One that is dropped finishes with kInternal, so a request cannot be lost
// by forgetting it. Not thread-safe: it has one holder at a time.
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
  std::unique_ptr<ReplySink> sink_;
};

}  // namespace trireme
