// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <utility>

#include "wire/kserve/infer_proto.h"
#include "wire/kserve/proto_message.h"
#include "wire/kserve/shared_memory_fields.h"

namespace trireme::kserve {
namespace {

constexpr int kParameters = 4;
constexpr int kRawInputContents = 7;

// As servers take it: signed where it fits.
ParameterValue Number(uint64_t value) {
  if (value <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return static_cast<int64_t>(value);
  return value;
}

template <typename Sink>
void WriteParameters(Sink& sink, const GrpcInferRequest& request) {
  const auto write = [&sink](std::string_view key, const ParameterValue& value) {
    WriteParameter(sink, kParameters, key, value);
  };
  const InferRequestMessage& message = request.message;
  const SequenceFields& sequence = message.sequence;
  if (const auto* number = std::get_if<uint64_t>(&sequence.id)) write("sequence_id", Number(*number));
  if (const auto* text = std::get_if<std::string>(&sequence.id)) write("sequence_id", *text);
  if (sequence.start) write("sequence_start", true);
  if (sequence.end) write("sequence_end", true);
  if (message.priority != 0) write("priority", Number(message.priority));
  if (message.timeout) write("timeout", int64_t{message.timeout->count()});
  if (request.wants_empty_final_response) write("triton_enable_empty_final_response", true);
  for (const auto& [key, value] : message.parameters) write(key, value);
}

template <typename Sink>
void WriteOutput(Sink& sink, const OutputForm& output) {
  sink.Message(6, [&](auto& tensor) {
    tensor.Bytes(1, output.name);
    if (output.classification > 0) WriteParameter(tensor, 2, "classification", Number(output.classification));
    if (!output.shared_memory) return;
    for (const auto& [key, value] : ToParameters(*output.shared_memory)) WriteParameter(tensor, 2, key, value);
  });
}

}  // namespace

EncodedProto EncodeGrpcInferRequest(const GrpcInferRequest& request) {
  const InferRequestMessage& message = request.message;
  RawContents raw(kRawInputContents);
  std::vector<Parameters> input_parameters(message.inputs.size());
  for (size_t i = 0; i < message.inputs.size(); ++i) {
    if (const SharedMemoryRange* range = FindSharedInput(message, i)) {
      input_parameters[i] = ToParameters(*range);
    } else {
      raw.Add(message.inputs[i].tensor.data);
    }
  }
  return ComposeMessage(
      [&](auto& sink) {
        WriteText(sink, 1, request.model_name);
        WriteText(sink, 2, request.model_version);
        if (message.form.id) WriteText(sink, 3, *message.form.id);
        WriteParameters(sink, request);
        for (size_t i = 0; i < message.inputs.size(); ++i) {
          WriteTensorHead(sink, 5, message.inputs[i], input_parameters[i]);
        }
        for (const OutputForm& output : message.form.outputs) WriteOutput(sink, output);
      },
      std::move(raw));
}

}  // namespace trireme::kserve
