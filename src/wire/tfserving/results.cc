// SPDX-License-Identifier: Apache-2.0
#include "wire/tfserving/results.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "codec/small_float.h"
#include "tensor/bytes_elements.h"
#include "wire/kserve/json_data.h"
#include "wire/tfserving/float_text.h"
#include "wire/tfserving/predict_json.h"

namespace trireme::tfserving {
namespace {

bool IsFloating(const TensorSpec& output) {
  return output.type == DataType::kFp32 || output.type == DataType::kFp64 || output.type == DataType::kFp16 ||
         output.type == DataType::kBf16;
}

bool IsStrings(const TensorSpec& output) {
  return output.type == DataType::kBytes;
}

// The output of that name, else the only one of that kind.
template <typename Is>
std::string Named(const std::vector<TensorSpec>& outputs, std::string_view name, Is is) {
  const int index = FindSpec(outputs, name);
  if (index >= 0 && is(outputs[static_cast<size_t>(index)])) return std::string(name);
  if (std::ranges::count_if(outputs, is) != 1) return {};
  return std::ranges::find_if(outputs, is)->name;
}

const Tensor* FindOutput(const InferResponse& response, const std::string& name) {
  const auto found = std::ranges::find_if(response.outputs, [&](const NamedTensor& o) { return o.name == name; });
  return found == response.outputs.end() ? nullptr : &found->tensor;
}

float ElementAt(const Tensor& tensor, size_t index) {
  switch (tensor.type) {
    case DataType::kFp32:
      return tensor.As<float>()[index];
    case DataType::kFp64:
      return static_cast<float>(tensor.As<double>()[index]);
    case DataType::kFp16:
      return WidenFp16(tensor.As<uint16_t>()[index]);
    case DataType::kBf16:
      return WidenBf16(tensor.As<uint16_t>()[index]);
    default:
      break;
  }
  CHECK(false);
}

Status WrongShape(const std::string& name, std::string_view expected, const Tensor& tensor) {
  return InvalidArgument("output '" + name + "': expected " + std::string(expected) + ", found shape " +
                         tensor.shape.ToString() + ": ask with predict");
}

std::vector<std::string_view> StringsOf(const Tensor& tensor) {
  std::vector<std::string_view> strings;
  BytesReader reader(tensor.data.bytes());
  while (const auto element = reader.Next()) strings.push_back(*element);
  return strings;
}

Status CheckOutput(const std::string& name, const Tensor* tensor) {
  if (tensor == nullptr) return Internal("the model gave no output '" + name + "'");
  return kserve::CheckWhole(*tensor).Within("output '" + name + "'");
}

Result<Results> ClassificationsOf(const InferResponse& response, const ResultOutputs& outputs,
                                  const ModelLabels& labels) {
  const Tensor* const classes = outputs.classes.empty() ? nullptr : FindOutput(response, outputs.classes);
  const Tensor* const scores = outputs.scores.empty() ? nullptr : FindOutput(response, outputs.scores);
  if (!outputs.classes.empty()) RETURN_IF_ERROR(CheckOutput(outputs.classes, classes));
  if (!outputs.scores.empty()) RETURN_IF_ERROR(CheckOutput(outputs.scores, scores));
  const Tensor& any = scores != nullptr ? *scores : *classes;
  const std::string& name = scores != nullptr ? outputs.scores : outputs.classes;
  if (any.shape.rank() != 2) return WrongShape(name, "[rows, classes]", any);
  if (classes != nullptr && classes->shape != any.shape) {
    return WrongShape(outputs.classes, "the shape of '" + outputs.scores + "', " + any.shape.ToString(), *classes);
  }
  RETURN_IF_ERROR(CheckEmptyLists(name, any.shape));
  const auto rows = static_cast<size_t>(any.shape[0]);
  const auto columns = static_cast<size_t>(any.shape[1]);
  const std::vector<std::string_view> texts =
      classes != nullptr ? StringsOf(*classes) : std::vector<std::string_view>();
  const auto found = labels.find(outputs.scores);
  const auto label_of = [&](size_t row, size_t column) -> std::string_view {
    if (classes != nullptr) return texts.at(row * columns + column);
    if (found == labels.end() || column >= found->second.size()) return {};
    return found->second[column];
  };
  Results results{.kind = ResultKind::kClassify, .classifications = {}, .regressions = {}};
  results.classifications.resize(rows);
  for (size_t row = 0; row < rows; ++row) {
    results.classifications[row].reserve(columns);
    for (size_t column = 0; column < columns; ++column) {
      const float score = scores != nullptr ? ElementAt(*scores, row * columns + column) : 0;
      results.classifications[row].push_back({.label = label_of(row, column), .score = score});
    }
  }
  return results;
}

Result<Results> RegressionsOf(const InferResponse& response, const ResultOutputs& outputs) {
  const Tensor* const values = FindOutput(response, outputs.scores);
  RETURN_IF_ERROR(CheckOutput(outputs.scores, values));
  const Shape& shape = values->shape;
  const bool fits = shape.rank() == 1 || (shape.rank() == 2 && shape[1] == 1);
  if (!fits) return WrongShape(outputs.scores, "[rows] or [rows, 1]", *values);
  Results results{.kind = ResultKind::kRegress, .classifications = {}, .regressions = {}};
  const auto rows = static_cast<size_t>(shape[0]);
  results.regressions.reserve(rows);
  for (size_t row = 0; row < rows; ++row) results.regressions.push_back(ElementAt(*values, row));
  return results;
}

void AppendClasses(std::string& out, const std::vector<ScoredClass>& classes) {
  out += '[';
  for (const ScoredClass& scored : classes) {
    out += &scored == &classes.front() ? "[" : ", [";
    AppendJsonString(out, scored.label);
    out += ", ";
    AppendFloat(out, scored.score);
    out += ']';
  }
  out += ']';
}

}  // namespace

std::string_view MethodName(ResultKind kind) {
  return kind == ResultKind::kClassify ? "tensorflow/serving/classify" : "tensorflow/serving/regress";
}

Result<ResultOutputs> FindResultOutputs(const Signature& signature, ResultKind kind) {
  ResultOutputs outputs;
  if (kind == ResultKind::kRegress) {
    outputs.scores = Named(signature.outputs, "outputs", IsFloating);
    if (!outputs.scores.empty()) return outputs;
    return InvalidArgument(
        "Expected an output 'outputs' of floating numbers, or one such output alone, for "
        "regression: ask with predict");
  }
  outputs.classes = Named(signature.outputs, "classes", IsStrings);
  outputs.scores = Named(signature.outputs, "scores", IsFloating);
  if (!outputs.classes.empty() || !outputs.scores.empty()) return outputs;
  return InvalidArgument(
      "Expected the outputs 'classes' of strings or 'scores' of floating numbers, or one of such "
      "type alone, for classification: ask with predict");
}

Result<Results> ResultsOf(const InferResponse& response, const ResultOutputs& outputs, ResultKind kind,
                          const ModelLabels& labels) {
  return kind == ResultKind::kClassify ? ClassificationsOf(response, outputs, labels)
                                       : RegressionsOf(response, outputs);
}

std::string EncodeResults(const Results& results) {
  std::string out = "{\n    \"results\": [";
  if (results.kind == ResultKind::kRegress) AppendFloats(out, std::span<const float>(results.regressions));
  for (const std::vector<ScoredClass>& classes : results.classifications) {
    if (&classes != &results.classifications.front()) out += ", ";
    AppendClasses(out, classes);
  }
  return out += "\n    ]\n}";
}

}  // namespace trireme::tfserving
