// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/grpc_inference.h"

#include <string_view>

#include "base/utf8.h"
#include "codec/proto_wire.h"
#include "dialect/request_headers.h"
#include "protocols/kserve/path_version.h"

namespace trireme::kserve {
namespace {

// What strings cost to walk through: as with HTTP.
constexpr size_t kLongWalkBytes = 1 << 20;

// Text of a message that nobody has checked yet.
std::optional<std::string> Presentable(const ProtoField& field, size_t max_bytes) {
  const bool fits = field.type == ProtoField::Type::kBytes && field.bytes.size() <= max_bytes && IsUtf8(field.bytes);
  return fits ? std::optional<std::string>(field.bytes) : std::nullopt;
}

Status StillWanted(const GrpcCallFacts& facts) {
  if (facts.cancellation.cancelled()) return Cancelled("the client went away before its request was read");
  if (facts.deadline != kNever && facts.deadline <= Clock::System().Now()) {
    return DeadlineExceeded("the deadline passed before the request was read");
  }
  return {};
}

// What the encoder asks of the request's outputs.
std::vector<OutputForm> InSharedMemory(const std::vector<OutputForm>& outputs) {
  std::vector<OutputForm> shared;
  for (const OutputForm& output : outputs) {
    if (output.shared_memory) shared.push_back(output);
  }
  return shared;
}

}  // namespace

GrpcCallFacts FactsOf(const net::GrpcHead& head, const Identity& identity) {
  return {.caller = {.principal = identity.principal, .tenant = identity.tenant},
          .deadline = head.deadline,
          .cancellation = head.http.cancellation,
          .trace = TraceOf(head.http)};
}

net::GrpcPayload ToPayload(EncodedProto message) {
  net::GrpcPayload payload{.text = std::move(message.text), .inserts = {}};
  payload.inserts.reserve(message.inserts.size());
  for (const EncodedProto::Insert& insert : message.inserts) {
    payload.inserts.push_back(
        {.at = insert.at, .part = {.bytes = insert.bytes.bytes(), .keep_alive = insert.bytes.keep_alive()}});
  }
  return payload;
}

Status GrpcInference::Decode(const GrpcCallFacts& facts) {
  has_decoded_ = true;
  // Others wait for this worker.
  RETURN_IF_ERROR(StillWanted(facts));
  Result<GrpcInferRequest> decoded = DecodeGrpcInferRequest(message_.bytes, message_.storage, services_.pool);
  if (!decoded.ok()) {
    NoteNames();
    return std::move(decoded).status();
  }
  decoded_ = *std::move(decoded);
  message_.bytes = {};
  message_.storage.reset();  // tensors that view it have it
  return {};
}

// Whose request this is must be said also of one that cannot be read: of several in a stream its client wants to know
// which one is meant.
void GrpcInference::NoteNames() {
  ProtoReader fields(message_.bytes);
  while (const std::optional<ProtoField> field = fields.Next()) {
    if (field->number == 1) decoded_.model_name = Presentable(*field, kMaxNameBytes).value_or("");
    if (field->number == 2) decoded_.model_version = Presentable(*field, kMaxNameBytes).value_or("");
    if (field->number == 3) plan_.form.id = Presentable(*field, kMaxIdBytes);
  }
}

Status GrpcInference::Fill(const GrpcCallFacts& facts) {
  if (!has_decoded_) RETURN_IF_ERROR(Decode(facts));
  const Result<VersionChoice> version = ParseMessageVersion(decoded_.model_version);
  if (!version.ok()) {
    plan_.form.id = decoded_.message.form.id;
    return version.status();
  }
  auto request = std::make_unique<InferRequest>();
  request->protocol = "kserve-grpc";
  request->model = decoded_.model_name;
  request->version = *version;
  request->caller = facts.caller;
  request->deadline = facts.deadline;
  request->cancellation = facts.cancellation;
  request->trace = facts.trace;
  request->stages.received = message_.received;
  const Status filled = FillRequest(services_, std::move(decoded_.message), *request, plan_);
  traced_.Begin(services_.tracer, "grpc", *request);
  RETURN_IF_ERROR(filled);
  form_ = {.id = plan_.form.id, .outputs = InSharedMemory(plan_.form.outputs), .final_response = std::nullopt};
  request_ = std::move(request);
  return {};
}

bool GrpcInference::IsLongToEncode(const InferResponse& response) const {
  size_t walked_bytes = 0;
  for (const NamedTensor& output : response.outputs) {
    if (output.tensor.type == DataType::kBytes) walked_bytes += output.tensor.data.size();
  }
  return walked_bytes > kLongWalkBytes || IsLongToFinish(plan_, response);
}

Result<EncodedProto> GrpcInference::Encode(InferResponse& response, std::optional<bool> final_response) const {
  const TimePoint begin = Clock::System().Now();
  RETURN_IF_ERROR(FinishOutputs(services_, plan_, response));
  GrpcResponseForm form = form_;
  form.final_response = final_response;
  Result<EncodedProto> encoded = EncodeGrpcInferResponse(response, form);
  if (encoded.ok()) services_.engine.RecordEncode(response.model, Clock::System().Now() - begin);
  return encoded;
}

}  // namespace trireme::kserve
