// SPDX-License-Identifier: Apache-2.0
// Runs SavedModels through the plug-ins, for comparisons with other programs' answers: one case a line of the standard
// input, one answer a line of the standard output, both JSON:
//
//   {"model": "FOLDER", "parameters": {"signature": "x"}, "inputs": {"x": {"type": "FP32", "shape": [2], "data": [1,
//   2]}}}
//   {"outputs": {"y": {"type": "FP32", "shape": [2], "data": [2.5, 3]}}, "nodes": {"Mul": 1},
//    "signature": {"inputs": [["x", "FP32", [-1]]], "outputs": [["y", "FP32", [-1]]]}}
//
// or {"error": "..."}. Without "inputs" the model is described and converted, and not run.
#include <exception>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <variant>
#include <vector>

#include "backend/backend_set.h"
#include "base/log.h"
#include "base/memory_pool.h"
#include "onnxfile/onnx_reader.h"
#include "tensor/bytes_elements.h"
#include "tensor/tensor.h"

namespace trireme {
namespace {

using Json = nlohmann::json;

std::filesystem::path ThisFolder() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path();
}

// Calls `visit` with a value of the C++ type of an element type.
template <typename Visit>
void WithType(DataType type, Visit&& visit) {
  switch (type) {
    case DataType::kBool:
    case DataType::kUint8:
      return visit(uint8_t{});
    case DataType::kInt8:
      return visit(int8_t{});
    case DataType::kInt32:
      return visit(int32_t{});
    case DataType::kInt64:
      return visit(int64_t{});
    case DataType::kFp64:
      return visit(double{});
    default:
      return visit(float{});
  }
}

Tensor TensorOf(MemoryPool& pool, const Json& json) {
  const DataType type = ParseDataType(json.at("type").get<std::string>()).value();
  const auto dims = json.at("shape").get<std::vector<int64_t>>();
  const Shape shape{std::span<const int64_t>(dims)};
  if (type == DataType::kBytes) {
    std::vector<std::byte> bytes;
    for (const Json& text : json.at("data")) AppendBytesElement(bytes, text.get<std::string>());
    return {.type = type, .shape = shape, .data = Buffer::CopyOf(bytes)};
  }
  Tensor tensor = MakeTensor(pool, type, shape);
  WithType(type, [&](auto zero) {
    using T = decltype(zero);
    size_t i = 0;
    for (const Json& number : json.at("data")) {
      tensor.MutableAs<T>()[i++] = number.is_string() ? static_cast<T>(std::stod(number.get<std::string>()))  // "nan"
                                                      : number.get<T>();
    }
  });
  return tensor;
}

Json JsonOf(const Tensor& tensor) {
  Json data = Json::array();
  if (tensor.type == DataType::kBytes) {
    BytesReader reader(tensor.data.bytes());
    while (const auto text = reader.Next()) data.push_back(std::string(*text));
  } else {
    WithType(tensor.type, [&](auto zero) {
      for (const auto value : tensor.As<decltype(zero)>()) data.push_back(value);
    });
  }
  return {{"type", Name(tensor.type)},
          {"shape", std::vector<int64_t>(tensor.shape.begin(), tensor.shape.end())},
          {"data", std::move(data)}};
}

Json JsonOf(const std::vector<TensorSpec>& specs) {
  Json json = Json::array();
  for (const TensorSpec& spec : specs) {
    json.push_back({spec.name, Name(spec.type), std::vector<int64_t>(spec.shape.begin(), spec.shape.end())});
  }
  return json;
}

Json JsonOf(const std::vector<ExampleFeature>& features) {
  Json json = Json::array();
  for (const ExampleFeature& feature : features) {
    json.push_back({{"key", feature.key},
                    {"input", feature.input},
                    {"type", Name(feature.type)},
                    {"shape", std::vector<int64_t>(feature.shape.begin(), feature.shape.end())},
                    {"has_default", feature.default_elements || feature.default_texts}});
  }
  return json;
}

Result<Json> Answer(BackendSet& backends, MemoryPool& pool, const Json& wish) {
  ASSIGN_OR_RETURN(Backend * converter, backends.Named("tensorflow"));
  ASSIGN_OR_RETURN(Backend * runner, backends.Named("onnx"));
  OpenOptions options;
  if (wish.contains("parameters")) options.runtime_parameters = wish["parameters"];
  ModelSource source{.path = wish.at("model").get<std::string>()};
  ASSIGN_OR_RETURN(const ModelFacts facts, converter->Describe(source, options));
  ASSIGN_OR_RETURN(Opened converted, converter->Open(source, options));
  const auto& onnx = std::get<OnnxModelBytes>(converted);
  ASSIGN_OR_RETURN(const onnxfile::ModelSummary summary, onnxfile::ReadModelSummary(onnx.bytes));
  Json answer = {
      {"signature", {{"inputs", JsonOf(facts.signature.inputs)}, {"outputs", JsonOf(facts.signature.outputs)}}},
      {"features", JsonOf(facts.signatures->example_features)},
      {"weight_bytes", facts.weight_bytes},
      {"nodes", Json::object()}};
  for (const auto& [op, count] : summary.op_counts) answer["nodes"][op] = count;
  source.onnx = &onnx;
  options.runtime_parameters.clear();
  ASSIGN_OR_RETURN(Opened opened, runner->Open(source, options));
  OpenModel& model = *std::get<std::unique_ptr<OpenModel>>(opened);
  if (!wish.contains("inputs")) return answer;
  std::vector<Tensor> inputs;
  for (const TensorSpec& spec : model.signature().inputs) {
    if (!wish["inputs"].contains(spec.name)) return InvalidArgument("the case has no input '" + spec.name + "'");
    inputs.push_back(TensorOf(pool, wish["inputs"][spec.name]));
  }
  std::vector<int> wanted;
  for (size_t i = 0; i < model.signature().outputs.size(); ++i) wanted.push_back(static_cast<int>(i));
  ASSIGN_OR_RETURN(const std::vector<Tensor> outputs, model.Run(inputs, wanted, {}));
  for (size_t i = 0; i < outputs.size(); ++i) answer["outputs"][model.signature().outputs[i].name] = JsonOf(outputs[i]);
  return answer;
}

int Main() {
  MemoryPool pool;
  const Logger log(2, Logger::Form::kText, LogLevel::kError);
  BackendSet backends({pool, log, ThisFolder()});
  for (std::string line; std::getline(std::cin, line);) {
    try {
      const Result<Json> answer = Answer(backends, pool, Json::parse(line));
      std::cout << (answer.ok() ? *answer : Json{{"error", answer.status().ToString()}}).dump() << std::endl;
    } catch (const std::exception& failure) {  // a case that is not written as it should be
      std::cout << Json{{"error", failure.what()}}.dump() << std::endl;
    }
  }
  return 0;
}

}  // namespace
}  // namespace trireme

int main() {
  return trireme::Main();
}
