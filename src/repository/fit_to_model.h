// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/status.h"
#include "model/signature.h"
#include "repository/declared_signature.h"
#include "repository/finding.h"

namespace trireme {

// A signature as clients shall see it, and what was wrong or remarkable about the declaration.
struct FittedSignature {
  Signature signature;  // the model's own order; `batched` is false if the declaration says so
  std::vector<Finding> findings;

  // OK unless a finding is an error: then kInvalidArgument with the first one's text.
  Status status() const;
};

// Lays what a file says over what the model says, field by field: a file may say as much or as little as it likes. A
// pure function.
//
// A field that is not declared is the model's. Dims may narrow a free dimension of the model, never contradict a fixed
// one; a type must be the model's own; a name must exist; `reshape` must have as many elements as `dims` and the free
// dimensions in the same order, and fit the model. Where max_batch_size is not declared, dims may be with or without
// the batch dimension: their rank tells.
FittedSignature FitToModel(const DeclaredSignature& declared, const Signature& model);

}  // namespace trireme
