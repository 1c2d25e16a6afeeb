// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/memory_pool.h"
#include "base/status.h"
#include "model/signature.h"
#include "tensor/tensor.h"

namespace trireme::sagemaker {

// Sparse rows as LIBSVM, XGBoost and SageMaker's XGBoost container write them: a line is a row of "INDEX:VALUE" with
// blanks between them, indexes from 0 and rising. A label may stand before these, as training files have it, and is
// passed over; so is what is behind a '#'. A blank line is no row, one with a label alone is. Features that a line does
// not name are missing: NaN where the input takes that, else 0. The input is FP32 or FP64, [rows, features] with a
// number of features that is known.
//
// kInvalidArgument names the line and what was expected there; kTooLarge: so many rows of so many features for a text
// this short. Takes no memory before it is known that all fits.
Result<Tensor> ReadLibsvm(std::string_view text, const TensorSpec& input, MemoryPool& pool);

}  // namespace trireme::sagemaker
