// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "model/infer_response.h"
#include "model/labels.h"
#include "table/batch.h"

namespace trireme::predict {

// Which outputs become which columns, found from the first answer.
//
// An output with one element a row is a column of its name; of one with several each element is: NAME_LABEL where the
// model has labels for it, else NAME_0, NAME_1, ...
class OutputColumns {
 public:
  // `rows` of each answer that is given here. `chosen`: outputs or columns by name; none: all. kInvalidArgument: there
  // is none of that name, or there are too many columns.
  static Result<OutputColumns> Find(const std::vector<NamedTensor>& outputs, int64_t rows, const ModelLabels& labels,
                                    const std::vector<std::string>& chosen);

  const std::vector<table::Column>& columns() const { return columns_; }

  // The same columns of an answer with as many rows. The batch keeps the answer. kInternal: the answer is another one
  // than the first.
  Result<table::Batch> ViewOf(std::vector<NamedTensor> outputs, int64_t rows) const;

 private:
  struct Place {
    size_t output = 0;
    size_t element = 0;  // of the row
  };

  std::vector<std::string> names_;  // of the outputs
  std::vector<DataType> types_;     // of the outputs
  std::vector<size_t> widths_;      // of their rows
  std::vector<table::Column> columns_;
  std::vector<Place> places_;  // of the columns
};

}  // namespace trireme::predict
