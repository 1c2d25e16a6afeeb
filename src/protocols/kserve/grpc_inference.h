// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "access/authoriser.h"
#include "base/status.h"
#include "dialect/codec_job.h"
#include "model/infer_request.h"
#include "model/reply.h"
#include "net/grpc_message.h"
#include "protocols/kserve/fill_request.h"
#include "protocols/kserve/infer_services.h"
#include "tracing/traced_request.h"
#include "wire/kserve/infer_proto.h"

namespace trireme::kserve {

// What the head of a call says of each request that comes by it.
struct GrpcCallFacts {
  Caller caller;
  TimePoint deadline;
  Cancellation cancellation;
  TraceContext trace;
};
GrpcCallFacts FactsOf(const net::GrpcHead& head, const Identity& identity);

net::GrpcPayload ToPayload(EncodedProto message);

// A ModelInferRequest on its way in, and its responses on their way out: what a call of one request and a stream of
// them have in common. Used by one thread at a time; Encode() and what is const by several.
class GrpcInference {
 public:
  GrpcInference(const InferServices& services, net::GrpcMessage message)
      : services_(services), message_(std::move(message)) {}

  // Decode(), then Fill(), which does both if need be. Each is left to a codec worker where the loop has no time for
  // it.
  bool IsLongToDecode() const { return kserve::IsLongToDecode(message_.bytes); }
  Status Decode(const GrpcCallFacts& facts);
  bool IsLongToFill() const { return IsLongToPlace(decoded_.message); }
  Status Fill(const GrpcCallFacts& facts);

  // Once it is filled: what it asks for, which lacks nothing but its reply.
  bool has_request() const { return request_ != nullptr; }
  const InferRequest& request() const { return *request_; }
  std::unique_ptr<InferRequest> TakeRequest() { return std::move(request_); }

  // As the message has them, also where it could not be read as a whole.
  const std::optional<std::string>& id() const { return plan_.form.id; }
  const std::string& model_name() const { return decoded_.model_name; }
  const std::string& model_version() const { return decoded_.model_version; }
  bool wants_empty_final_response() const { return decoded_.wants_empty_final_response; }

  // Whether encoding takes longer than a loop has time for.
  bool IsLongToEncode(const InferResponse& response) const;
  // A ModelInferResponse. `final_response`: whether it is a stream's, and the last of the request.
  Result<EncodedProto> Encode(InferResponse& response, std::optional<bool> final_response) const;

  // The answer is written.
  void Trace(const Outcome& outcome, const Status& encoded) { traced_.End(services_.tracer, outcome, encoded); }

 private:
  void NoteNames();

  const InferServices& services_;
  net::GrpcMessage message_;  // until it is decoded
  bool has_decoded_ = false;
  GrpcInferRequest decoded_;
  std::unique_ptr<InferRequest> request_;
  AnswerPlan plan_;
  GrpcResponseForm form_;
  TracedRequest traced_;
};

// Has the message of a call read: on this loop, or on a codec worker. Then calls `then` there, with what came of it.
template <typename Call>
void ReadMessage(std::unique_ptr<Call> call, ThreadPool& workers, void (*then)(std::unique_ptr<Call>, Status)) {
  GrpcInference& inference = call->inference();
  if (!inference.IsLongToDecode()) {
    Status status = inference.Decode(call->facts());
    if (status.ok() && !inference.IsLongToFill()) status = inference.Fill(call->facts());
    if (!status.ok() || inference.has_request()) return then(std::move(call), std::move(status));
  }
  const bool taken = ContinueOnWorker(workers, call, [then](std::unique_ptr<Call> self) {
    Status status = self->inference().Fill(self->facts());
    then(std::move(self), std::move(status));
  });
  if (!taken) then(std::move(call), Overloaded("too many large requests are being read; try again later"));
}

}  // namespace trireme::kserve
