// SPDX-License-Identifier: Apache-2.0
#include "repository/declared_signature.h"

#include <utility>

#include "repository/folder.h"
#include "repository/model_name.h"

namespace trireme {
namespace {

Result<std::vector<TensorSpec>> WholeSide(const std::vector<DeclaredTensor>& side, bool with_rows, const char* what) {
  if (side.empty()) {
    return InvalidArgument(std::string("expected an ") + what +
                           " in config.pbtxt, as the model has no file that would say it; found none");
  }
  std::vector<TensorSpec> specs;
  for (const DeclaredTensor& said : side) {
    if (!said.type || !said.dims) {
      return InvalidArgument(std::string(what) + " " + Quoted(said.name) +
                             ": expected data_type and dims in config.pbtxt, as the model has no file that would say "
                             "them; found only one of them, or none");
    }
    Shape shape = said.reshape.value_or(*said.dims);
    if (with_rows && shape.rank() == Shape::kMaxRank) {
      return InvalidArgument(std::string(what) + " " + Quoted(said.name) + ": expected fewer than " +
                             std::to_string(Shape::kMaxRank) + " dims, as max_batch_size adds one");
    }
    if (with_rows) shape = shape.WithRows(Shape::kAny);
    specs.push_back({.name = said.name, .type = *said.type, .shape = shape, .optional = said.optional});
  }
  return specs;
}

}  // namespace

Result<Signature> WholeSignature(const DeclaredSignature& declared) {
  const bool with_rows = declared.max_batch_size.value_or(0) > 0;
  Signature signature;
  signature.batched = with_rows;
  ASSIGN_OR_RETURN(signature.inputs, WholeSide(declared.inputs, with_rows, "input"));
  ASSIGN_OR_RETURN(signature.outputs, WholeSide(declared.outputs, with_rows, "output"));
  return signature;
}

Signature KnownSignature(const DeclaredSignature& declared) {
  const bool with_rows = declared.max_batch_size.value_or(0) > 0;
  Signature signature;
  signature.batched = with_rows;
  auto inputs = WholeSide(declared.inputs, with_rows, "input");
  auto outputs = WholeSide(declared.outputs, with_rows, "output");
  if (inputs.ok()) signature.inputs = *std::move(inputs);
  if (outputs.ok()) signature.outputs = *std::move(outputs);
  return signature;
}

std::string OpeningWords(const std::filesystem::path& file, const DeclaredSignature& declared) {
  if (HasOnnxExtension(file)) return {};
  const Signature known = KnownSignature(declared);
  std::string words = known.batched ? "rows" : "";
  for (const auto* side : {&known.inputs, &known.outputs}) {
    words += '\n';
    for (const TensorSpec& spec : *side) {
      words += std::to_string(spec.name.size()) + spec.name + std::string(Name(spec.type)) + spec.shape.ToString();
      if (spec.optional) words += '?';
    }
  }
  return words;
}

}  // namespace trireme
