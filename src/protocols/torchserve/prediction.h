// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "access/authoriser.h"
#include "base/executor.h"
#include "base/status.h"
#include "model/infer_request.h"
#include "protocols/torchserve/failure.h"
#include "protocols/torchserve/request_parts.h"
#include "protocols/torchserve/services.h"

namespace trireme::torchserve {

// One who asks for a prediction, however he does it.
class Asker {
 public:
  virtual ~Asker() = default;
  // What he sent, taken apart; once, on the loop or a codec worker.
  virtual Result<std::vector<RequestPart>> Parts() = 0;
  // What he sent is not needed any more, but for what tensors hold of it. On any thread.
  virtual void Release() = 0;
  // Where the time went (AddServerTiming()), for who wants to say so; before one of the next, if it is known.
  virtual void TakeTiming(std::string /*timing*/) {}
  // Exactly one of these, on the loop.
  virtual void Answer(std::string body) = 0;
  virtual void Fail(const Failure& failure) = 0;
  virtual Executor& executor() = 0;
};

// For which model, and by whom.
struct PredictionRequest {
  std::string model;
  std::string version;  // as he says it; empty: the default one
  Caller caller;
  Cancellation cancellation;
  TimePoint received;
  TimePoint deadline = kNever;
  TraceContext trace;
  std::string_view protocol = "http";  // a constant
  size_t bytes = 0;                    // that he sent
};

// Answers it. On the loop's thread of the connection; the way goes as that of any request: what is large is read and
// written on a codec worker, a model that is not in memory is waited for.
void StartPrediction(const Services& services, PredictionRequest request, std::unique_ptr<Asker> asker);

}  // namespace trireme::torchserve
