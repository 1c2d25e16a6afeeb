// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "model/signature.h"
#include "transform/model_transform.h"

namespace trireme {

// For people: that there are more or fewer names than classes, so that answers may carry the wrong ones ("1000 names
// for the 1001 classes of output 'y'"). Empty: as many, or nobody knows. Of classifications alone: what detectors give
// has no size that says how many classes there are.
std::string DifferenceOfNames(const transform::ModelTransform& transform, const Signature& signature);

}  // namespace trireme
