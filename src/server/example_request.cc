// SPDX-License-Identifier: Apache-2.0
#include "server/example_request.h"

#include <string>

namespace trireme {
namespace {

constexpr int64_t kMostJsonElements = 32;  // of an input that is still pleasant to paste

Shape ConcreteShape(const TensorSpec& spec, const ModelDescription& model) {
  Shape shape = spec.shape;
  for (size_t i = 0; i < shape.rank(); ++i) {
    // As in the trial run, which took this.
    const bool counts_rows = i == 0 && (model.signature.batched || shape.rank() > 1);
    if (shape[i] == Shape::kAny) shape[i] = counts_rows ? 1 : model.free_dim;
  }
  return shape;
}

std::string JsonElements(DataType type, int64_t count) {
  const std::string element = type == DataType::kBytes ? "\"text\"" : type == DataType::kBool ? "true" : "1";
  std::string list;
  for (int64_t i = 0; i < count; ++i) list += (i == 0 ? "" : ",") + element;
  return list;
}

// One input's JSON; adds to `zeros` what must follow the document.
std::string InputJson(const TensorSpec& spec, const Shape& shape, bool binary, size_t& zeros) {
  std::string json = R"({"name":")" + spec.name + R"(","shape":)" + shape.ToString() + R"(,"datatype":")" +
                     std::string(Name(spec.type)) + "\"";
  const int64_t count = shape.ElementCount().value_or(0);
  if (binary && spec.type != DataType::kBytes) {
    const size_t bytes = ByteSize(spec.type, shape).value_or(0);
    zeros += bytes;
    json += R"(,"parameters":{"binary_data_size":)" + std::to_string(bytes) + "}";
  } else {
    json += ",\"data\":[" + JsonElements(spec.type, count) + "]";
  }
  return json + "}";
}

}  // namespace

std::string ExampleRequest(const std::string& url, const ModelDescription& model) {
  bool binary = false;
  for (const TensorSpec& spec : model.signature.inputs) {
    binary = binary || ConcreteShape(spec, model).ElementCount().value_or(0) > kMostJsonElements;
  }
  std::string inputs;
  size_t zeros = 0;
  for (const TensorSpec& spec : model.signature.inputs) {
    if (spec.optional) continue;
    inputs += (inputs.empty() ? "" : ",") + InputJson(spec, ConcreteShape(spec, model), binary, zeros);
  }
  const std::string json = "{\"inputs\":[" + inputs + "]}";
  const std::string target = url + "/v2/models/" + model.name + "/infer";
  if (zeros == 0) return "curl -s " + target + " -d '" + json + "'";
  return "(printf '%s' '" + json + "'; head -c " + std::to_string(zeros) + " /dev/zero) | curl -s " + target +
         " -H 'Inference-Header-Content-Length: " + std::to_string(json.size()) + "' --data-binary @- | head -c 300";
}

}  // namespace trireme
