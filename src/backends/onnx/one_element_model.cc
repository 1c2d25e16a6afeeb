// SPDX-License-Identifier: Apache-2.0
#include "backends/onnx/one_element_model.h"

#include <string>

#include "backends/onnx/ort_error.h"
#include "backends/onnx/session_options.h"
#include "onnxfile/onnx_writer.h"

namespace trireme::onnx {

Result<Handle<OrtSession>> OpenOneElementModel(const OrtApi& api, const OrtEnv& env) {
  onnxfile::Model model;
  model.graph = {.name = "one_element",
                 .nodes = {{"Identity", {OneElementModel::kInput}, {OneElementModel::kOutput}}},
                 .inputs = {{OneElementModel::kInput, onnxfile::ElementType::kFloat, {}}},
                 .outputs = {{OneElementModel::kOutput, onnxfile::ElementType::kFloat, {}}}};
  const std::string bytes = Serialize(model);
  ASSIGN_OR_RETURN(const Handle<OrtSessionOptions> options, MakeSessionOptions(api, {.may_be_helped = true}, {}));
  OrtSession* session = nullptr;
  RETURN_IF_ERROR(ToStatus(api, api.CreateSessionFromArray(&env, bytes.data(), bytes.size(), options.get(), &session)));
  return Handle<OrtSession>(session, api.ReleaseSession);
}

Result<Handle<OrtValue>> ViewOneElement(const OrtApi& api, const OrtMemoryInfo& cpu, float& element) {
  OrtValue* value = nullptr;
  RETURN_IF_ERROR(ToStatus(api, api.CreateTensorWithDataAsOrtValue(&cpu, &element, sizeof(element), nullptr, 0,
                                                                   ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, &value)));
  return Handle<OrtValue>(value, api.ReleaseValue);
}

}  // namespace trireme::onnx
