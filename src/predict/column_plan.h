// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/status.h"
#include "model/signature.h"
#include "table/batch.h"

namespace trireme::predict {

// An input of the model, filled from columns of a table: each row of it has as many elements as there are columns.
struct InputPlan {
  TensorSpec spec;
  std::vector<std::string> columns;  // in the order of the elements
};

struct ColumnPlan {
  std::vector<InputPlan> inputs;  // optional ones for which there is nothing are left out
  std::vector<std::string> keep;  // columns that are copied to the output
};

// What a person says of it.
struct ColumnChoice {
  std::vector<std::string> columns;
  std::vector<std::string> exclude;
  std::vector<std::string> keep;
};

// Which columns go into which input. Chosen ones go in the order in which they are chosen. Otherwise by name: those
// that are called as the elements of the input are, where the model says that; else the column of the input's own name,
// if it has one element a row, or NAME_0, NAME_1, ... And where no column has such a name, by order, all that are
// neither excluded nor kept.
//
// kInvalidArgument: too few or too many columns, or some that are missing; the message names them.
Result<ColumnPlan> PlanColumns(const Signature& signature, const std::vector<table::Column>& table,
                               const ColumnChoice& choice);

}  // namespace trireme::predict
