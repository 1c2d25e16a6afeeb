// SPDX-License-Identifier: Apache-2.0
#include "protocols/tfserving/read_predict.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/tfserving/predict_proto.h"

namespace trireme::tfserving {
namespace {

// {a,b}
template <typename Names>
std::string Set(const Names& names) {
  std::string set;
  for (const auto& name : names) set += (set.empty() ? "" : ",") + std::string(name);
  return "{" + set + "}";
}

// What is sent is what the signature has, as TF Serving says where it is not.
Status CheckInputs(const std::vector<NamedTensor>& sent, const Signature& signature) {
  std::vector<std::string_view> extra;
  std::vector<std::string_view> missing;
  std::vector<std::string_view> sent_names;
  std::vector<std::string_view> wanted;
  for (const NamedTensor& input : sent) {
    sent_names.push_back(input.name);
    if (FindSpec(signature.inputs, input.name) < 0) extra.push_back(input.name);
  }
  for (const TensorSpec& spec : signature.inputs) {
    wanted.push_back(spec.name);
    const bool is_there = std::ranges::find(sent_names, spec.name) != sent_names.end();
    if (!is_there && !spec.optional) missing.push_back(spec.name);
  }
  if (extra.empty() && missing.empty()) return {};
  return InvalidArgument("input size does not match signature: " + std::to_string(sent.size()) +
                         "!=" + std::to_string(signature.inputs.size()) + " len(" + Set(sent_names) + ") != len(" +
                         Set(wanted) + "). Sent extra: " + Set(extra) + ". Missing but required: " + Set(missing) +
                         ".");
}

Result<std::vector<RequestedOutput>> FilteredOutputs(const std::vector<std::string>& filter,
                                                     const Signature& signature) {
  std::vector<RequestedOutput> outputs;
  for (const std::string& name : filter) {
    if (FindSpec(signature.outputs, name) < 0) {
      std::vector<std::string_view> names;
      for (const TensorSpec& spec : signature.outputs) names.push_back(spec.name);
      return InvalidArgument("output tensor alias not found in signature: " + name +
                             " Outputs expected to be in the set " + Set(names) + ".");
    }
    const auto is_same = [&](const RequestedOutput& other) { return other.name == name; };
    if (std::ranges::any_of(outputs, is_same)) return InvalidArgument("duplicate output tensor alias: " + name);
    outputs.push_back({.name = name, .destination = {}});
  }
  return outputs;
}

}  // namespace

Result<bool> ReadPredict(std::span<const std::byte> bytes, const std::shared_ptr<const void>& storage,
                         const AskedModel& model, size_t max_bytes, MemoryPool& pool, InferRequest& request) {
  ASSIGN_OR_RETURN(PredictRequest read, DecodePredictRequest(bytes, storage, max_bytes, pool));
  if (model.features().empty()) {
    RETURN_IF_ERROR(CheckInputs(read.inputs, model.signature));
  } else {
    ASSIGN_OR_RETURN(const Signature sent, SignatureOfPredict(model));
    RETURN_IF_ERROR(CheckInputs(read.inputs, sent));
    RETURN_IF_ERROR(ParseExamples(model, read.inputs, max_bytes, pool));
  }
  ASSIGN_OR_RETURN(request.outputs, FilteredOutputs(read.output_filter, model.signature));
  request.inputs = std::move(read.inputs);
  return WidenRows(model.signature, request.inputs);
}

}  // namespace trireme::tfserving
