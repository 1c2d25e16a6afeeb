// SPDX-License-Identifier: Apache-2.0
#include "bench/workload.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "bench/random_tensor.h"

namespace trireme::bench {
namespace {

constexpr size_t kMaxRequestBytes = size_t{1} << 30;

Result<kserve::InferRequestMessage> ReadRequest(const std::string& path, MemoryPool& pool) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return NotFound("--input: cannot read \"" + path + "\"");
  const auto text =
      std::make_shared<const std::string>(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  auto message = kserve::DecodeInferRequest(
      {.bytes = std::as_bytes(std::span(*text)), .keep_alive = text, .json_bytes = {}}, pool);
  if (!message.ok()) return std::move(message).status().Within("--input \"" + path + "\"");
  return message;
}

std::string Describe(const std::vector<NamedTensor>& inputs) {
  std::string text;
  for (const NamedTensor& input : inputs) {
    if (!text.empty()) text += ", ";
    text += input.name + " " + std::string(Name(input.tensor.type)) + input.tensor.shape.ToString();
  }
  return text;
}

Status CheckShapeNames(const Signature& signature, const BenchOptions& options) {
  for (const InputShape& shape : options.shapes) {
    if (FindSpec(signature.inputs, shape.input) >= 0) continue;
    std::string names;
    for (const TensorSpec& input : signature.inputs) names += " " + input.name;
    return InvalidArgument("--shape: the model has no input \"" + shape.input + "\"; it has" + names);
  }
  return Status();
}

}  // namespace

Result<std::string> PickModel(const std::vector<kserve::IndexEntry>& index) {
  std::set<std::string> ready;
  for (const kserve::IndexEntry& entry : index) {
    if (entry.state == "READY") ready.insert(entry.name);
  }
  if (ready.size() == 1) return *ready.begin();
  if (ready.empty()) return NotFound("the server has no model that is ready");
  std::string names;
  for (const std::string& name : ready) names += " " + name;
  return InvalidArgument("the server has several models, choose one with --model:" + names);
}

Shape ShapeToSend(const TensorSpec& input, const BenchOptions& options) {
  const auto given = std::ranges::find(options.shapes, input.name, &InputShape::input);
  if (given != options.shapes.end()) return given->shape;
  Shape shape = input.shape;
  for (size_t i = 0; i < shape.rank(); ++i) {
    if (shape[i] == Shape::kAny) shape[i] = i == 0 ? options.rows : 1;
  }
  return shape;
}

Result<kserve::InferRequestMessage> RandomRequest(const Signature& signature, const BenchOptions& options,
                                                  MemoryPool& pool) {
  RETURN_IF_ERROR(CheckShapeNames(signature, options));
  std::mt19937_64 random(options.seed);
  kserve::InferRequestMessage message;
  size_t bytes_left = kMaxRequestBytes;
  for (const TensorSpec& input : signature.inputs) {
    Result<Tensor> tensor = RandomTensor(input.type, ShapeToSend(input, options), bytes_left, random, pool);
    if (!tensor.ok()) return std::move(tensor).status().Within("input \"" + input.name + "\"");
    bytes_left -= tensor->data.size();
    message.inputs.push_back({input.name, *std::move(tensor)});
  }
  return message;
}

Result<Workload> MakeWorkload(const BenchOptions& options, const client::KserveClient& client, MemoryPool& pool) {
  Workload workload{.model = options.model, .request = {}, .rows = 0, .inputs = {}};
  if (workload.model.empty()) {
    ASSIGN_OR_RETURN(const auto index, client.Index());
    ASSIGN_OR_RETURN(workload.model, PickModel(index));
  }
  kserve::InferRequestMessage message;
  if (options.input_file.empty()) {
    ASSIGN_OR_RETURN(const auto metadata, client.Metadata(workload.model, options.version));
    ASSIGN_OR_RETURN(message, RandomRequest(metadata.signature, options, pool));
  } else {
    ASSIGN_OR_RETURN(message, ReadRequest(options.input_file, pool));
  }
  message.form.binary_data_output = options.form == Form::kBinary;
  const auto form = options.form == Form::kBinary ? kserve::InputForm::kBinary : kserve::InputForm::kJson;
  ASSIGN_OR_RETURN(workload.request, client.PrepareInfer(workload.model, options.version, message, form));
  if (!message.inputs.empty() && message.inputs[0].tensor.shape.rank() > 0) {
    workload.rows = message.inputs[0].tensor.shape[0];
  }
  workload.inputs = Describe(message.inputs);
  return workload;
}

}  // namespace trireme::bench
