// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "backends/tensorflow/graph_writer.h"

namespace trireme::tensorflow {

// What is known of shapes that a graph computes: "the rows of the input, then 10" is {kOpenElement, 10}.

// The elements of Add, Sub, Mul, Div, FloorDiv, Max or Min of two, as far as they are known: each of a number, or of
// lists of the same length. Nothing if nothing is.
std::optional<std::vector<int64_t>> KnownBinary(std::string_view op, const Value& a, const Value& b);

// The elements of a shape.
std::vector<int64_t> KnownShape(const Dims& dims);

// The shape that the elements of a value are, as far as anything is known of it.
std::optional<Dims> ShapeIn(const Value& value);

// A shape of what is known of its elements: an open one is kAnySize.
Dims DimsOf(const std::vector<int64_t>& elements);

}  // namespace trireme::tensorflow
