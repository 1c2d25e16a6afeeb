// SPDX-License-Identifier: Apache-2.0
#include "repository/fit_to_model.h"

namespace trireme {

Status FittedSignature::status() const {
  for (const Finding& finding : findings) {
    if (finding.severity == Finding::Severity::kError) return InvalidArgument(finding.ToString());
  }
  return {};
}

FittedSignature FitToModel(const DeclaredSignature& /*declared*/, const Signature& model) {
  return {.signature = model, .findings = {}};
}

}  // namespace trireme
