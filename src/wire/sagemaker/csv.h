// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/memory_pool.h"
#include "base/status.h"
#include "model/signature.h"
#include "tensor/tensor.h"

namespace trireme::sagemaker {

// Comma-separated values (RFC 4180): a line is a row, no line is a heading. Lines end in LF or CR LF, the last one may
// do without. A field may stand in quotes, in which two are one; of numbers, blanks around them are passed over, and
// "nan", "inf" and a leading '+' are known; an empty field is NaN where the input takes missing values. BOOL is 0, 1,
// true or false.
//
// kInvalidArgument names the line, and the field where one is wrong: lines of different lengths, empty ones, a field
// that is no such number, a shape that does not fit (fit_shape.h).
Result<Tensor> ReadCsv(std::string_view text, const TensorSpec& input, MemoryPool& pool);

// A line for every row, its elements in order; of a tensor of one dimension a line for every element, so that there are
// as many lines as were read. Fields of text are in quotes where they must.
Result<std::string> WriteCsv(const Tensor& tensor);

}  // namespace trireme::sagemaker
