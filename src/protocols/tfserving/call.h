// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/executor.h"
#include "base/status.h"
#include "model/infer_request.h"
#include "model/infer_response.h"
#include "protocols/tfserving/asked_model.h"
#include "protocols/tfserving/services.h"
#include "wire/tfserving/model_spec.h"

namespace trireme::tfserving {

// One question to a model, whatever it is and however it is asked. Its functions are called one after the other.
class Question {
 public:
  virtual ~Question() = default;

  virtual bool IsLongToRead() = 0;
  // The signature that it names, empty if it names none, and how it is asked. On the loop or a codec worker, as often
  // as somebody wants to know.
  virtual std::string SignatureName() = 0;
  virtual AskedBy asked_by() const = 0;
  // The model has no such signature, which it will be told of by Fail().
  virtual void MissSignature() {}
  // Puts what is asked into the request; once, on the loop or a codec worker.
  virtual Status Read(const AskedModel& model, InferRequest& request) = 0;
  // What was sent is not needed any more, but for what tensors hold of it, or what it asks next. On any thread.
  virtual void Release() = 0;

  virtual bool IsLongToWrite(const InferResponse& response) const = 0;
  // Writes the answer; on the loop or a codec worker.
  virtual Status Write(InferResponse response) = 0;
  // Whether it asks the same version something more, for which all goes round again from SignatureName() on: a question
  // of several parts. After Write().
  virtual bool AsksMore() const { return false; }

  // Where the time of the last part went (AddServerTiming()); before one of the next, on the loop.
  virtual void TakeTiming(std::string timing) = 0;
  // Exactly one of these, on the loop: what was written is sent, or what went wrong.
  virtual void Answer() = 0;
  virtual void Fail(const Status& status) = 0;
  virtual Executor& executor() = 0;
};

// About which model, and by whom.
struct CallFacts {
  ModelSpec spec;
  Caller caller;
  Cancellation cancellation;
  TimePoint received;
  TimePoint deadline = kNever;
  TraceContext trace;
  std::string_view protocol;    // these are constants: "http", "grpc"
  std::string_view entrypoint;  // "REST", "GRPC"
  std::string_view api;         // "Predict"
};

// Answers it. On the loop's thread of the connection; the way goes as that of any request: what is large is read and
// written on a codec worker, a model that is not in memory is waited for.
void StartCall(const Services& services, CallFacts facts, std::unique_ptr<Question> question);

}  // namespace trireme::tfserving
