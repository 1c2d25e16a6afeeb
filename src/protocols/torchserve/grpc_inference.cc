// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "protocols/torchserve/grpc_methods.h"
#include "protocols/torchserve/inference_routes.h"
#include "protocols/torchserve/prediction.h"
#include "wire/torchserve/grpc_messages.h"
#include "wire/torchserve/messages.h"

namespace trireme::torchserve {
namespace {

std::string Path(std::string_view rpc) {
  return "/org.pytorch.serve.grpc.inference.InferenceAPIsService/" + std::string(rpc);
}

std::string HeaderOf(const net::GrpcHead& head, std::string_view lower_case_name) {
  const std::string_view* const value = head.http.Find(lower_case_name);
  return value == nullptr ? std::string() : std::string(*value);
}

class GrpcAsker final : public Asker {
 public:
  GrpcAsker(net::GrpcMessage message, std::vector<RequestPart> parts, std::optional<std::string> sequence,
            net::GrpcReply reply)
      : message_(std::move(message)),
        parts_(std::move(parts)),
        sequence_(std::move(sequence)),
        reply_(std::move(reply)) {}

  Result<std::vector<RequestPart>> Parts() override { return std::move(parts_); }
  void Release() override {
    parts_.clear();
    message_.storage.reset();
  }
  void Answer(std::string body) override {
    PredictionFrame frame = FramePrediction(body.size(), sequence_);
    const auto kept = std::make_shared<const std::string>(std::move(body));  // shared with the connection until sent
    net::GrpcPayload payload{.text = std::move(frame.head), .inserts = {}};
    payload.inserts.push_back(
        {.at = payload.text.size(), .part = {.bytes = std::as_bytes(std::span(*kept)), .keep_alive = kept}});
    payload.text += frame.tail;
    reply_.Finish(std::move(payload));
  }
  void Fail(const Failure& failure) override { reply_.Finish(InferenceStatus(failure)); }
  Executor& executor() override { return reply_.executor(); }

 private:
  net::GrpcMessage message_;
  std::vector<RequestPart> parts_;
  const std::optional<std::string> sequence_;
  net::GrpcReply reply_;
};

void Predict(const Services& services, const net::GrpcHead& head, net::GrpcMessage message, const Identity& identity,
             net::GrpcReply reply) {
  const Result<PredictionsRequest> decoded = DecodePredictionsRequest(message.bytes);
  if (!decoded.ok()) return reply.Finish(InferenceStatus(FailureOf(decoded.status())));
  std::vector<RequestPart> parts;
  parts.reserve(decoded->inputs.size());
  for (const PredictionsRequest::Input& input : decoded->inputs) {
    parts.push_back(
        {.name = std::string(input.name), .content_type = {}, .bytes = input.bytes, .storage = message.storage});
  }
  std::optional<std::string> sequence;
  if (decoded->sequence_id) sequence.emplace(*decoded->sequence_id);
  PredictionRequest request{
      .model = std::string(decoded->model_name),
      .version = std::string(decoded->model_version),
      .caller = {.principal = identity.principal, .tenant = identity.tenant},
      .cancellation = head.http.cancellation,
      .received = message.received,
      .deadline = head.deadline,
      .trace = {.traceparent = HeaderOf(head, "traceparent"), .tracestate = HeaderOf(head, "tracestate")},
      .protocol = "grpc",
      .bytes = message.bytes.size()};
  StartPrediction(
      services, std::move(request),
      std::make_unique<GrpcAsker>(std::move(message), std::move(parts), std::move(sequence), std::move(reply)));
}

GrpcMethod PredictMethod(const Services& services, std::string_view rpc) {
  return {.path = Path(rpc),
          .operation = Operation::kInfer,
          .model_field = 1,
          .call = [&services](const net::GrpcHead& head, net::GrpcMessage message, const Identity& identity,
                              net::GrpcReply reply) {
            Predict(services, head, std::move(message), identity, std::move(reply));
          }};
}

}  // namespace

std::vector<GrpcMethod> InferenceMethods(const Services& services) {
  std::vector<GrpcMethod> methods;
  methods.push_back(
      {.path = Path("Ping"),
       .operation = Operation::kProbe,
       .max_message_bytes = 1024,
       .call = [&services](const net::GrpcHead&, const net::GrpcMessage&, const Identity&, net::GrpcReply reply) {
         const std::string health(WithoutNewline(EncodePing(IsHealthy(services))));
         reply.Finish(net::GrpcPayload{.text = EncodeTextResponse(health), .inserts = {}});
       }});
  methods.push_back(PredictMethod(services, "Predictions"));
  methods.push_back(PredictMethod(services, "StreamPredictions"));
  return methods;
}

}  // namespace trireme::torchserve
