// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <utility>

#include "wire/kserve/infer_response_message.h"
#include "wire/kserve/message_writer.h"
#include "wire/kserve/output_form.h"

namespace trireme::kserve {
namespace {

// How the output at `index` is wanted.
struct Wanted {
  bool binary = false;
  bool shared_memory = false;
};

Wanted FindWanted(const ResponseForm& form, size_t index, const std::string& name) {
  const OutputForm* found = FindOutputForm(form.outputs, index, name);
  if (found == nullptr) return {.binary = form.binary_data_output};
  return {.binary = found->binary, .shared_memory = found->shared_memory.has_value()};
}

size_t Estimate(const InferResponse& response, const ResponseForm& form) {
  constexpr size_t kFrame = 256;
  size_t bytes = kFrame;
  for (size_t i = 0; i < response.outputs.size(); ++i) {
    const Wanted wanted = FindWanted(form, i, response.outputs[i].name);
    bytes += EstimateTensor(response.outputs[i], wanted.binary || wanted.shared_memory);
  }
  return bytes;
}

Status AppendOutputs(EncodedBody& body, const InferResponse& response, const ResponseForm& form) {
  body.json += '[';
  for (size_t i = 0; i < response.outputs.size(); ++i) {
    const NamedTensor& output = response.outputs[i];
    if (i > 0) body.json += ',';
    const Wanted wanted = FindWanted(form, i, output.name);
    if (wanted.shared_memory) {
      AppendTensorElsewhere(body, output, {});
      continue;
    }
    Status status = AppendTensor(body, output, wanted.binary);
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
