// SPDX-License-Identifier: Apache-2.0
#include <utility>
#include <variant>

#include "wire/kserve/infer_request_message.h"
#include "wire/kserve/json_data.h"
#include "wire/kserve/message_writer.h"
#include "wire/kserve/shared_memory_fields.h"

namespace trireme::kserve {
namespace {

bool HasParameters(const InferRequestMessage& message) {
  const SequenceFields& sequence = message.sequence;
  return message.form.binary_data_output || !std::holds_alternative<std::monostate>(sequence.id) || sequence.start ||
         sequence.end || message.priority != 0 || message.timeout || !message.parameters.empty();
}

void AppendSequence(ObjectWriter& object, const SequenceFields& sequence) {
  if (const auto* number = std::get_if<uint64_t>(&sequence.id)) object.Member("sequence_id", *number);
  if (const auto* text = std::get_if<std::string>(&sequence.id)) object.Member("sequence_id", std::string_view(*text));
  if (sequence.start) object.Member("sequence_start", true);
  if (sequence.end) object.Member("sequence_end", true);
}

void AppendParameters(std::string& out, const InferRequestMessage& message) {
  ObjectWriter object(out);
  if (message.form.binary_data_output) object.Member("binary_data_output", true);
  AppendSequence(object, message.sequence);
  if (message.priority != 0) object.Member("priority", message.priority);
  if (message.timeout) object.Member("timeout", static_cast<uint64_t>(message.timeout->count()));
  for (const auto& [key, value] : message.parameters) object.Member(key, value);
  object.Close();
}

void AppendOutput(std::string& out, const OutputForm& output) {
  ObjectWriter object(out);
  object.Member("name", std::string_view(output.name));
  if (output.binary || output.classification > 0 || output.shared_memory) {
    ObjectWriter parameters(object.Key("parameters"));
    if (output.binary) parameters.Member("binary_data", true);
    if (output.classification > 0) parameters.Member("classification", output.classification);
    if (output.shared_memory) {
      for (const auto& [key, value] : ToParameters(*output.shared_memory)) parameters.Member(key, value);
    }
    parameters.Close();
  }
  object.Close();
}

void AppendOutputs(std::string& out, const std::vector<OutputForm>& outputs) {
  out += '[';
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (i > 0) out += ',';
    AppendOutput(out, outputs[i]);
  }
  out += ']';
}

bool IsBinary(const NamedTensor& input, InputForm form) {
  return form == InputForm::kBinary || (form == InputForm::kReadable && !IsReadable(input.tensor));
}

Status AppendInput(EncodedBody& body, const InferRequestMessage& message, size_t index, InputForm form) {
  const NamedTensor& input = message.inputs[index];
  if (const SharedMemoryRange* range = FindSharedInput(message, index)) {
    AppendTensorElsewhere(body, input, ToParameters(*range));
    return {};
  }
  Status status = AppendTensor(body, input, IsBinary(input, form));
  return status.ok() ? status : std::move(status).Within("input '" + input.name + "'");
}

Status AppendInputs(EncodedBody& body, const InferRequestMessage& message, InputForm form) {
  body.json += '[';
  for (size_t i = 0; i < message.inputs.size(); ++i) {
    if (i > 0) body.json += ',';
    RETURN_IF_ERROR(AppendInput(body, message, i, form));
  }
  body.json += ']';
  return {};
}

}  // namespace

Result<EncodedBody> EncodeInferRequest(const InferRequestMessage& message, InputForm form) {
  EncodedBody body;
  size_t bytes = 256;
  for (const NamedTensor& input : message.inputs) bytes += EstimateTensor(input, form != InputForm::kJson);
  body.json.reserve(bytes);
  ObjectWriter object(body.json);
  if (message.form.id) object.Member("id", std::string_view(*message.form.id));
  if (HasParameters(message)) AppendParameters(object.Key("parameters"), message);
  object.Key("inputs");
  RETURN_IF_ERROR(AppendInputs(body, message, form));
  if (!message.form.outputs.empty()) AppendOutputs(object.Key("outputs"), message.form.outputs);
  object.Close();
  return body;
}

}  // namespace trireme::kserve
