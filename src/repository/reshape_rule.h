// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "tensor/shape.h"

namespace trireme {

// What is wrong with seeing a tensor of shape `reshape` as one of shape `dims`; empty: nothing. There must be as many
// elements, and as many free dimensions, which stand for one another in order.
std::string ReshapeProblem(const Shape& dims, const Shape& reshape);

}  // namespace trireme
