// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "backends/tensorflow/op.h"
#include "base/status.h"

namespace trireme::tensorflow {

// An operator of TensorFlow that is converted.
struct Operator {
  using Convert = Status(Op& op, std::string_view onnx);

  std::string_view name;
  Convert* convert = nullptr;
  size_t least_inputs = 1;
  std::string_view onnx = {};  // what it becomes, where the same function serves several
};

// All there are, in order of their names; operators.cc is the list of what is supported.
std::span<const Operator> AllOperators();

// Null: it is not supported.
const Operator* FindOperator(std::string_view name);

}  // namespace trireme::tensorflow
