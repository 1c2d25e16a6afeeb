// SPDX-License-Identifier: Apache-2.0
#include "scheduler/answer_stream.h"

#include <string>
#include <utility>

#include "scheduler/client_output.h"

namespace trireme {

using FailureReason = ModelStatistics::FailureReason;

AnswerStream::AnswerStream(InferRequest& request, const ModelId& id, const Signature& signature, const Clock& clock,
                           ModelMetrics& metrics)
    : request_(request),
      id_(id),
      signature_(signature),
      clock_(clock),
      metrics_(metrics),
      last_(request.stages.run_begin) {}

bool AnswerStream::Send(std::vector<Tensor> outputs) {
  if (!Wanted()) return false;
  const TimePoint given = clock_.Now();
  InferResponse response;
  if (Status prepared = Prepare(outputs, response); !prepared.ok()) {
    Stop(std::move(prepared), FailureReason::kOther);
    return false;
  }
  const TimePoint now = clock_.Now();
  metrics_.RecordResponse({.index = sent_, .infer = given - last_, .output = now - given});
  response.stages = request_.stages;
  response.stages.run_end = given;
  response.stages.answered = now;
  ++sent_;
  last_ = now;
  request_.reply.Send(std::move(response));
  return Wanted();
}

bool AnswerStream::Wanted() {
  if (!stopped_.ok()) return false;
  if (request_.cancellation.cancelled()) {
    Stop(Cancelled("the client went away while the request ran"), FailureReason::kCanceled);
  } else if (request_.deadline <= clock_.Now()) {
    Stop(DeadlineExceeded("the request's time ran out while it ran on '" + id_.name + "'"), FailureReason::kOther);
  }
  return stopped_.ok();
}

AnswerStream::Ending AnswerStream::End(Status ran) {
  using Kind = ModelMetrics::ResponseKind;
  Kind kind = Kind::kEmpty;
  if (!stopped_.ok()) {
    kind = stopped_.code() == StatusCode::kCancelled ? Kind::kCancel : Kind::kFail;
    ran = std::move(stopped_);
  } else if (!ran.ok()) {
    kind = Kind::kFail;
  }
  metrics_.RecordResponse({.kind = kind, .index = sent_, .infer = clock_.Now() - last_});
  return {.status = std::move(ran), .reason = reason_};
}

Status AnswerStream::Prepare(std::vector<Tensor>& outputs, InferResponse& response) {
  if (outputs.size() != request_.outputs.size()) {
    return Internal("a response of model '" + id_.name + "' has " + std::to_string(outputs.size()) +
                    " outputs: expected " + std::to_string(request_.outputs.size()));
  }
  response.model = id_;
  response.outputs.reserve(outputs.size());
  for (size_t i = 0; i < outputs.size(); ++i) {
    const RequestedOutput& wanted = request_.outputs[i];
    RETURN_IF_ERROR(GiveClientsShape(outputs[i], signature_.outputs[wanted.index]));
    RETURN_IF_ERROR(Deliver(outputs[i], wanted));
    response.outputs.push_back({.name = wanted.name, .tensor = std::move(outputs[i])});
  }
  return {};
}

void AnswerStream::Stop(Status why, FailureReason reason) {
  stopped_ = std::move(why);
  reason_ = reason;
}

}  // namespace trireme
