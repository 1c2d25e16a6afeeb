// SPDX-License-Identifier: Apache-2.0
#include "protocols/tfserving/asked_model.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <utility>

#include "wire/tfserving/examples.h"
#include "wire/tfserving/predict_json.h"

namespace trireme::tfserving {
namespace {

bool IsFeature(const FileSignatures& file, std::string_view input) {
  return std::ranges::any_of(file.example_features, [&](const ExampleFeature& f) { return f.input == input; });
}

// The inputs that the file's signature has and the model has not.
std::vector<std::string> ExampleInputs(const AskedModel& model) {
  std::vector<std::string> keys;
  const NamedSignature* const named = model.file->Find(model.file->served);
  if (named == nullptr) return keys;
  for (const SignatureTensor& input : named->inputs) {
    const bool is_there = FindSpec(model.signature.inputs, input.key) >= 0 && !IsFeature(*model.file, input.key);
    if (!is_there) keys.push_back(input.key);
  }
  return keys;
}

}  // namespace

std::string AskedModel::signature_name() const {
  return file == nullptr ? std::string(kDefaultSignature) : file->served;
}

std::span<const ExampleFeature> AskedModel::features() const {
  return file == nullptr ? std::span<const ExampleFeature>() : file->example_features;
}

Result<std::string> FindSignatureName(const FileSignatures* file, const std::string& name, AskedBy asked_by) {
  const bool is_its_own = name.empty() || (file == nullptr ? name == kDefaultSignature : name == file->served);
  if (is_its_own) return std::string();
  if (file != nullptr && file->Find(name) != nullptr) return name;
  const std::string shown = name.substr(0, 256);
  switch (asked_by) {
    case AskedBy::kPredictOverRest:
      return InvalidArgument("Serving signature name: \"" + shown + "\" not found in signature def");
    case AskedBy::kPredictOverGrpc:
      return InvalidArgument("Serving signature key \"" + shown + "\" not found.");
    case AskedBy::kExamples:
      break;
  }
  return InvalidArgument("No signature was found with the name: " + shown);
}

bool LacksDefault(const FileSignatures* file) {
  return file != nullptr && file->all.size() > 1 && file->Find(kDefaultSignature) == nullptr;
}

// Those that say that they are for predict may fit either question.
Status CheckMethod(const AskedModel& model, ResultKind kind) {
  const NamedSignature* const named = model.file == nullptr ? nullptr : model.file->Find(model.file->served);
  const ResultKind other = kind == ResultKind::kClassify ? ResultKind::kRegress : ResultKind::kClassify;
  if (named == nullptr || named->method != MethodName(other)) return {};
  return InvalidArgument("Expected " + std::string(kind == ResultKind::kClassify ? "classification" : "regression") +
                         " signature method_name to be " + std::string(MethodName(kind)) + ". Was: " + named->method);
}

Result<Signature> SignatureOfPredict(const AskedModel& model) {
  if (model.features().empty()) return model.signature;
  const std::vector<std::string> keys = ExampleInputs(model);
  if (keys.size() != 1) {
    return Unsupported("signature '" + model.file->served + "': expected one input of serialized tf.Examples, found " +
                       std::to_string(keys.size()));
  }
  Signature sent = model.signature;
  std::erase_if(sent.inputs, [&](const TensorSpec& input) { return IsFeature(*model.file, input.name); });
  sent.inputs.push_back({.name = keys.front(), .type = DataType::kBytes, .shape = {Shape::kAny}});
  return sent;
}

Result<Signature> SignatureOfPictures(const AskedModel& model) {
  ASSIGN_OR_RETURN(Signature sent, SignatureOfPredict(model));
  const int index = FindSpec(sent.inputs, model.picture_input);
  if (index >= 0) {
    TensorSpec& input = sent.inputs[static_cast<size_t>(index)];
    input.type = DataType::kBytes;
    input.shape = {Shape::kAny};
  }
  return sent;
}

Status ParseExamples(const AskedModel& model, std::vector<NamedTensor>& inputs, size_t max_bytes, MemoryPool& pool) {
  if (model.features().empty()) return {};
  const std::vector<std::string> keys = ExampleInputs(model);
  const auto sent = std::ranges::find_if(inputs, [&](const NamedTensor& i) { return i.name == keys.front(); });
  if (sent == inputs.end()) return {};  // the engine will say what lacks
  const NamedTensor strings = std::move(*sent);
  inputs.erase(sent);
  ASSIGN_OR_RETURN(const Examples examples, ExamplesOfStrings(strings));
  ASSIGN_OR_RETURN(std::vector<NamedTensor> features,
                   InputsOfExamples(examples, model.signature, model.file->example_features, max_bytes, pool));
  std::ranges::move(features, std::back_inserter(inputs));
  return {};
}

bool WidenRows(const Signature& signature, std::vector<NamedTensor>& inputs) {
  bool widened = false;
  for (NamedTensor& input : inputs) {
    const int index = FindSpec(signature.inputs, input.name);
    if (index < 0) continue;
    const Shape& expected = signature.inputs[static_cast<size_t>(index)].shape;
    Shape& sent = input.tensor.shape;
    const bool lacks_last = expected.rank() == sent.rank() + 1 && sent.rank() > 0 && expected[sent.rank()] == 1;
    if (lacks_last && sent.Append(1)) widened = true;
  }
  return widened;
}

void NarrowRows(std::vector<NamedTensor>& outputs) {
  for (NamedTensor& output : outputs) {
    const Shape& shape = output.tensor.shape;
    if (shape.rank() < 2 || shape[shape.rank() - 1] != 1) continue;
    output.tensor.shape = Shape(std::span<const int64_t>(shape.begin(), shape.end() - 1));
  }
}

}  // namespace trireme::tfserving
