// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <utility>

#include "wire/kserve/infer_response_message.h"
#include "wire/kserve/message_writer.h"

namespace trireme::kserve {
namespace {

// Whether the output at `index` is wanted in binary form. Outputs come in the order they were asked for, so the first
// guess is nearly always right.
bool IsWantedBinary(const ResponseForm& form, size_t index, const std::string& name) {
  if (form.outputs.empty()) return form.binary_data_output;
  const auto has_name = [&](const OutputForm& output) { return output.name == name; };
  auto found = form.outputs.begin() + static_cast<ptrdiff_t>(std::min(index, form.outputs.size() - 1));
  if (!has_name(*found)) found = std::find_if(form.outputs.begin(), form.outputs.end(), has_name);
  if (found == form.outputs.end()) return form.binary_data_output;
  return found->binary;
}

size_t Estimate(const InferResponse& response, const ResponseForm& form) {
  constexpr size_t kFrame = 256;
  size_t bytes = kFrame;
  for (size_t i = 0; i < response.outputs.size(); ++i) {
    bytes += EstimateTensor(response.outputs[i], IsWantedBinary(form, i, response.outputs[i].name));
  }
  return bytes;
}

Status AppendOutputs(EncodedBody& body, const InferResponse& response, const ResponseForm& form) {
  body.json += '[';
  for (size_t i = 0; i < response.outputs.size(); ++i) {
    const NamedTensor& output = response.outputs[i];
    if (i > 0) body.json += ',';
    Status status = AppendTensor(body, output, IsWantedBinary(form, i, output.name));
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
