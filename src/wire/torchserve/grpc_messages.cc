// SPDX-License-Identifier: Apache-2.0
#include "wire/torchserve/grpc_messages.h"

#include <algorithm>

#include "base/utf8.h"
#include "codec/proto_wire.h"

namespace trireme::torchserve {
namespace {

Status Wrong(std::string_view field, std::string_view expected, std::string_view found) {
  return InvalidArgument(std::string(field) + ": expected " + std::string(expected) + ", found " + std::string(found));
}

// Calls read(field) for every field of a message, until it fails.
template <typename Read>
Status ReadMessage(std::string_view message, std::string_view place, Read read) {
  ProtoReader reader(message);
  while (const auto field = reader.Next()) RETURN_IF_ERROR(read(*field));
  if (!reader.malformed()) return {};
  return Wrong(place, "a protobuf message", "something else from byte " + std::to_string(reader.position()) + " on");
}

Status ReadBytes(const ProtoField& field, std::string_view name, std::string_view& to) {
  if (field.type != ProtoField::Type::kBytes) return Wrong(name, "bytes", "a number");
  to = field.bytes;
  return {};
}

Status ReadText(const ProtoField& field, std::string_view name, std::string_view& to) {
  RETURN_IF_ERROR(ReadBytes(field, name, to));
  return IsUtf8(to) ? Status() : Wrong(name, "UTF-8", "other bytes");
}

Status ReadText(const ProtoField& field, std::string_view name, std::optional<std::string_view>& to) {
  return ReadText(field, name, to.emplace());
}

std::string_view Text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// A request is read on a loop: it has at most so many fields, and its inputs with it.
class FieldBudget {
 public:
  Status Take() {
    constexpr size_t kMostFields = 64 << 10;
    if (++fields_ <= kMostFields) return {};
    return Wrong("PredictionsRequest", "at most " + std::to_string(kMostFields) + " fields", "more");
  }

 private:
  size_t fields_ = 0;
};

template <typename Read>
Status ReadCounted(std::string_view message, std::string_view place, FieldBudget& budget, Read read) {
  return ReadMessage(message, place, [&](const ProtoField& field) {
    const Status status = budget.Take();
    return status.ok() ? read(field) : status;
  });
}

Status ReadInput(const ProtoField& field, FieldBudget& budget, std::vector<PredictionsRequest::Input>& inputs) {
  std::string_view entry;
  std::string_view name;
  std::string_view value;
  RETURN_IF_ERROR(ReadBytes(field, "input", entry));
  RETURN_IF_ERROR(ReadCounted(entry, "input", budget, [&](const ProtoField& member) {
    if (member.number == 1) return ReadText(member, "input.key", name);
    return member.number == 2 ? ReadBytes(member, "input.value", value) : Status();
  }));
  const auto at = std::find_if(inputs.begin(), inputs.end(), [&](const auto& input) { return input.name == name; });
  if (at != inputs.end()) {
    at->bytes = std::as_bytes(std::span(value));
    return {};
  }
  if (inputs.size() == kMaxInputs) return Wrong("input", "at most " + std::to_string(kMaxInputs) + " entries", "more");
  inputs.push_back({.name = name, .bytes = std::as_bytes(std::span(value))});
  return {};
}

Status ReadStatus(const ProtoField& field, StreamStatus& to) {
  std::string_view message;
  RETURN_IF_ERROR(ReadBytes(field, "status", message));
  return ReadMessage(message, "status", [&](const ProtoField& member) -> Status {
    if (member.number == 1 && member.type == ProtoField::Type::kVarint) to.code = static_cast<int>(member.value);
    if (member.number != 2) return {};
    std::string_view text;
    RETURN_IF_ERROR(ReadText(member, "status.message", text));
    to.message = text;
    return {};
  });
}

}  // namespace

Result<PredictionsRequest> DecodePredictionsRequest(std::span<const std::byte> bytes) {
  PredictionsRequest request;
  FieldBudget budget;
  RETURN_IF_ERROR(ReadCounted(Text(bytes), "PredictionsRequest", budget, [&](const ProtoField& field) {
    if (field.number == 1) return ReadText(field, "model_name", request.model_name);
    if (field.number == 2) return ReadText(field, "model_version", request.model_version);
    if (field.number == 3) return ReadInput(field, budget, request.inputs);
    return field.number == 4 ? ReadText(field, "sequence_id", request.sequence_id) : Status();
  }));
  if (request.model_name.empty()) return Wrong("model_name", "the name of a model", "nothing");
  return request;
}

std::string EncodePredictionsRequest(const PredictionsRequest& request) {
  std::string message;
  ProtoWriter writer(message);
  writer.Bytes(1, request.model_name);
  if (!request.model_version.empty()) writer.Bytes(2, request.model_version);
  for (const PredictionsRequest::Input& input : request.inputs) {
    writer.Message(3, [&](auto& entry) {
      entry.Bytes(1, input.name);
      entry.Bytes(2, Text(input.bytes));
    });
  }
  if (request.sequence_id) writer.Bytes(4, *request.sequence_id);
  return message;
}

PredictionFrame FramePrediction(size_t prediction_bytes, const std::optional<std::string>& sequence_id,
                                const std::optional<StreamStatus>& status) {
  PredictionFrame frame;
  if (prediction_bytes > 0) ProtoWriter(frame.head).BytesHead(1, prediction_bytes);
  ProtoWriter tail(frame.tail);
  if (sequence_id) tail.Bytes(2, *sequence_id);
  if (status) {
    tail.Message(3, [&](auto& message) {
      if (status->code != 0) message.Varint(1, static_cast<uint64_t>(status->code));
      if (!status->message.empty()) message.Bytes(2, status->message);
    });
  }
  return frame;
}

Result<PredictionResponse> DecodePredictionResponse(std::span<const std::byte> bytes) {
  PredictionResponse response;
  std::string_view prediction;
  RETURN_IF_ERROR(ReadMessage(Text(bytes), "PredictionResponse", [&](const ProtoField& field) {
    if (field.number == 1) return ReadBytes(field, "prediction", prediction);
    if (field.number == 2) return ReadText(field, "sequence_id", response.sequence_id);
    return field.number == 3 ? ReadStatus(field, response.status.emplace()) : Status();
  }));
  response.prediction = std::as_bytes(std::span(prediction));
  return response;
}

std::string EncodeTextResponse(std::string_view text) {
  std::string message;
  ProtoWriter(message).Bytes(1, text);
  return message;
}

}  // namespace trireme::torchserve
