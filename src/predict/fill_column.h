// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "table/batch.h"
#include "tensor/data_type.h"

namespace trireme::predict {

// Where the values of a column go: one element of each row of a matrix.
struct ElementPlace {
  DataType type = DataType::kFp32;  // not kBytes
  std::byte* first = nullptr;       // in the first row
  size_t stride = 0;                // bytes from one row to the next
};

// Says what is wrong with a cell: "expected FP32, found 'abc'". `row` counts from the first that is filled.
using BadCell = std::function<void(size_t row, std::string problem)>;

// Writes rows `first` to `first + rows` of a column as elements. Numbers are converted where nothing is lost but the
// last digits of a floating one: a whole number that its type does not hold, a fraction where whole numbers belong and
// text that is no number are bad cells, and so is a value that is not there, unless `missing_is_nan` and the type has
// one. What is written in the place of a bad cell means nothing.
void FillColumn(const table::ColumnView& column, size_t first, size_t rows, const ElementPlace& place,
                bool missing_is_nan, const BadCell& bad);

}  // namespace trireme::predict
