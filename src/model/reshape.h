// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "tensor/shape.h"

namespace trireme {

// The shape under which the elements of a tensor go by on the other side of a "reshape": `actual` is a shape that
// `from` accepts, and the answer is `to` with its free dimensions filled in from those of `actual`, in order. So rows,
// a free dimension in front on both sides, stay rows:
//
//   Reshaped({-1, 3, 4}, {-1, 12}, {8, 3, 4}) is {8, 12}
//
// Nothing if `from` does not accept `actual`, if the two sides have not the same number of free dimensions, or if the
// elements would not be as many.
std::optional<Shape> Reshaped(const Shape& from, const Shape& to, const Shape& actual);

}  // namespace trireme
