// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/data_type.h"
#include "tensor/shape.h"

namespace trireme {

struct TensorSpec {
  std::string name;
  DataType type = DataType::kFp32;
  Shape shape;                              // the whole shape, rows included; Shape::kAny where any size goes
  std::vector<std::string> dim_names = {};  // symbolic names from the model ("batch", ""), one a dimension, or none
  // What the model calls each element of a row ("mass", "energy"): as many as the last dimension has, or none.
  std::vector<std::string> element_names = {};
  bool optional = false;  // an input that may be left out
  // What the model itself takes or gives, where that differs from what clients see ("reshape" in config.pbtxt): as many
  // elements, and as many free dimensions in the same order.
  std::optional<Shape> model_shape = {};
  // Whether its memory may change while the model runs, with nothing worse than wrong numbers to come of it: other
  // processes may then write to it. For this all that reads the tensor, and all that makes it, must find its way by
  // shapes alone. Never true of BYTES and BOOL, nor of INT32 and INT64, which are indexes and sizes.
  bool may_change = false;
  // Of an input: what a row does not have may be left out of it, and is NaN for the model.
  bool missing_is_nan = false;
};

// What goes into a model and what comes out, in the model's own order.
struct Signature {
  std::vector<TensorSpec> inputs;
  std::vector<TensorSpec> outputs;
  // Whether the outermost dimension of every input and output counts rows that do not influence one another, so that
  // requests may share a run. Found by inspection and believed only after a trial run (lifecycle).
  bool batched = false;
};

// Index by name, or -1. Linear: signatures are short, and names are compared length first.
int FindSpec(const std::vector<TensorSpec>& specs, std::string_view name);

}  // namespace trireme
