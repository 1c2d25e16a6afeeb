// SPDX-License-Identifier: Apache-2.0
#include "repository/fit_to_model.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/nearest_name.h"
#include "repository/fit_tensor.h"
#include "repository/model_name.h"

namespace trireme {
namespace {

std::string Listed(const std::vector<std::string>& names) {
  constexpr size_t kShown = 8;
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kShown); ++i) text += (i > 0 ? ", " : "") + Quoted(names[i]);
  if (names.size() > kShown) text += " and " + std::to_string(names.size() - kShown) + " more";
  return names.empty() ? "none" : text;
}

// `what` is "input" or "output".
Finding NoSuchTensor(const DeclaredSignature& declared, const DeclaredTensor& said, const std::string& path,
                     const std::string& what, const std::vector<TensorSpec>& specs) {
  std::vector<std::string> names;
  names.reserve(specs.size());
  for (const TensorSpec& spec : specs) names.push_back(spec.name);
  Finding finding = ErrorAt(declared.file, said.name_place, path + ".name");
  finding.expected = "an " + what + " of the model: " + Listed(names);
  finding.found = Quoted(said.name);
  finding.fix = DidYouMean(said.name, names);
  if (finding.fix.empty()) finding.fix = "take one of these names, or leave this " + what + " out";
  return finding;
}

void FitSide(const DeclaredSignature& declared, const std::vector<DeclaredTensor>& side, const std::string& what,
             std::vector<TensorSpec>& specs, std::vector<Finding>& findings) {
  const std::vector<TensorSpec> model = specs;
  for (size_t i = 0; i < side.size(); ++i) {
    const std::string path = what + "[" + std::to_string(i) + "]";
    const int index = FindSpec(model, side[i].name);
    if (index < 0) {
      findings.push_back(NoSuchTensor(declared, side[i], path, what, model));
      continue;
    }
    TensorFitting fitting{.said = side[i],
                          .path = path,
                          .file = declared.file,
                          .max_batch_size = declared.max_batch_size,
                          .spec = specs[static_cast<size_t>(index)],
                          .findings = findings};
    FitTensor(fitting);
  }
}

// With max_batch_size above 0 every tensor has a dimension for rows, whether it is declared or not.
void CheckRoomForRows(const DeclaredSignature& declared, const std::vector<TensorSpec>& specs, const char* what,
                      std::vector<Finding>& findings) {
  for (const TensorSpec& spec : specs) {
    if (LeadsFree(spec)) continue;
    Finding finding = ErrorAt(declared.file, declared.max_batch_size_place, "max_batch_size");
    finding.expected = "0, as the model has no free outermost dimension for rows in every input and output";
    finding.found = std::to_string(*declared.max_batch_size) + ", and " + what + " " + Quoted(spec.name) +
                    " of shape " + spec.shape.ToString();
    finding.fix = "write max_batch_size: 0 and whole dims, or leave out both";
    findings.push_back(std::move(finding));
  }
}

bool AllLeadFree(const std::vector<TensorSpec>& specs) {
  return std::all_of(specs.begin(), specs.end(), LeadsFree);
}

}  // namespace

Status FittedSignature::status() const {
  const Finding* first = FirstError(findings);
  if (first == nullptr) return {};
  return InvalidArgument(first->ToString());
}

FittedSignature FitToModel(const DeclaredSignature& declared, const Signature& model) {
  FittedSignature fitted{.signature = model, .findings = {}};
  Signature& signature = fitted.signature;
  if (declared.max_batch_size) signature.batched = *declared.max_batch_size > 0;
  if (declared.max_batch_size.value_or(0) > 0) {
    CheckRoomForRows(declared, signature.inputs, "input", fitted.findings);
    CheckRoomForRows(declared, signature.outputs, "output", fitted.findings);
  }
  FitSide(declared, declared.inputs, "input", signature.inputs, fitted.findings);
  FitSide(declared, declared.outputs, "output", signature.outputs, fitted.findings);
  // Dims that fix the outermost dimension leave nothing that could count rows.
  if (!AllLeadFree(signature.inputs) || !AllLeadFree(signature.outputs)) signature.batched = false;
  return fitted;
}

}  // namespace trireme
