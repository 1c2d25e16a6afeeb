// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "wire/kserve/infer_response_message.h"
#include "wire/kserve/message_writer.h"

namespace trireme::kserve {
namespace {

// How the output at `index` is wanted. Outputs come in the order they were asked for, so the first guess is nearly
// always right.
OutputForm FormOf(const ResponseForm& form, size_t index, const std::string& name) {
  if (index < form.outputs.size() && form.outputs[index].name == name) return form.outputs[index];
  for (const OutputForm& output : form.outputs) {
    if (output.name == name) return output;
  }
  return {.name = name, .binary = form.binary_data_output, .classification = 0};
}

size_t Estimate(const InferResponse& response, const ResponseForm& form) {
  constexpr size_t kFrame = 256;
  size_t bytes = kFrame;
  for (size_t i = 0; i < response.outputs.size(); ++i) {
    bytes += EstimateTensor(response.outputs[i], FormOf(form, i, response.outputs[i].name).binary);
  }
  return bytes;
}

Status AppendOutputs(EncodedBody& body, const InferResponse& response, const ResponseForm& form) {
  body.json += '[';
  for (size_t i = 0; i < response.outputs.size(); ++i) {
    const NamedTensor& output = response.outputs[i];
    const OutputForm output_form = FormOf(form, i, output.name);
    if (output_form.classification > 0) {
      return Unsupported("outputs '" + output.name + "': the parameter 'classification' is not supported");
    }
    if (i > 0) body.json += ',';
    Status status = AppendTensor(body, output, output_form.binary);
    if (!status.ok()) return std::move(status).Within("output '" + output.name + "'");
  }
  body.json += ']';
  return {};
}

}  // namespace

Result<EncodedBody> EncodeInferResponse(const InferResponse& response, const ResponseForm& form) {
  EncodedBody body;
  body.json.reserve(Estimate(response, form));
  ObjectWriter object(body.json);
  if (form.id) object.Member("id", std::string_view(*form.id));
  object.Member("model_name", std::string_view(response.model.name));
  object.Member("model_version", std::string_view(std::to_string(response.model.version)));
  if (!response.parameters.empty()) {
    ObjectWriter parameters(object.Key("parameters"));
    for (const auto& [key, value] : response.parameters) parameters.Member(key, value);
    parameters.Close();
  }
  object.Key("outputs");
  RETURN_IF_ERROR(AppendOutputs(body, response, form));
  object.Close();
  return body;
}

}  // namespace trireme::kserve
