// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/status.h"
#include "tensor/shape.h"

namespace trireme::sagemaker {

// The shape of what was sent, for an input of shape `wanted`: a record that comes alone becomes a batch of one where
// the input takes that and not the record itself. What fits neither way stays as it is, for the model's check to
// refuse.
Shape FitShape(const Shape& wanted, const Shape& sent);

// The shape of so many lines with so many fields each: a line is a row, and its fields are the elements of all inner
// dimensions, one of which may be free. An input of one dimension takes a column or a single line. kInvalidArgument:
// they do not fit.
Result<Shape> ShapeOfLines(const Shape& wanted, int64_t lines, int64_t fields);

}  // namespace trireme::sagemaker
