// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/executor.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "dialect/answer_deadlines.h"
#include "engine/engine.h"
#include "model/infer_request.h"
#include "model/infer_response.h"
#include "model/signature.h"
#include "tracing/tracer.h"

namespace trireme {

// One question to a model, in a protocol whose answers come in one piece. Its functions are called one after the other.
class ModelQuestion {
 public:
  virtual ~ModelQuestion() = default;

  virtual bool IsLongToRead() const = 0;
  // Puts what is asked into the request; at most once, on the loop or a codec worker.
  virtual Status Read(const Signature& signature, InferRequest& request) = 0;
  // What was sent is not needed any more, but for what tensors hold of it. On any thread.
  virtual void Release() = 0;

  virtual bool IsLongToWrite(const InferResponse& response) const = 0;
  // Writes the answer; at most once, on the loop or a codec worker.
  virtual Status Write(const InferResponse& response) = 0;

  // The last one, once, on the loop: what was written is sent, or what went wrong. `timing`: where the time went, as
  // AddServerTiming() takes it.
  virtual void End(const Status& status, std::string timing) = 0;
  virtual Executor& executor() = 0;
};

// All must outlive the calls.
struct ModelCallServices {
  Engine& engine;
  ThreadPool& codec_workers;
  Tracer& tracer;
  AnswerDeadlines* deadlines = nullptr;  // null: nothing has to be answered by a time
  bool tells_timing = true;              // answers say where their time went
};

// How a protocol has its calls.
struct ModelCallFacts {
  std::string_view protocol;           // these are constants: "http", "grpc"
  std::string_view several_responses;  // kUnsupported, of a model that gives them
  StatusCode too_many_to_read = StatusCode::kOverloaded;
  TimePoint load_deadline = kNever;  // until when a model is waited for that is not in memory
  TimePoint answer_by = kNever;      // kDeadlineExceeded then, whatever the model does
};

// Has it answered. On the loop's thread of the connection; the way goes as that of any request: what is long is read
// and written on a codec worker, a model that is not in memory is waited for. The request says about which model, and
// by whom.
void StartModelCall(const ModelCallServices& services, const ModelCallFacts& facts,
                    std::unique_ptr<InferRequest> request, std::unique_ptr<ModelQuestion> question);

}  // namespace trireme
