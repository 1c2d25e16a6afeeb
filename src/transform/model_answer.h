// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "tensor/tensor.h"
#include "transform/model_transform.h"

namespace trireme::transform {

// How many answers there are in these outputs, which are in the order of answer.outputs: one a row, or one.
// kInternal: the model gave tensors of other shapes than its signature has.
Result<int64_t> CountAnswers(const ModelTransform::Answer& answer, std::span<const Tensor> outputs);

// The memory that AnswersOf takes at most for these, its texts twice (they are put together in a tensor). kTooLarge: it
// is known already that they would be longer than kMostAnswerBytes. kInternal as above.
Result<size_t> AnswerBytes(const ModelTransform::Answer& answer, std::span<const Tensor> outputs);

// The JSON of each row. Takes time of the outputs' size: no work for a loop or for a thread that runs models.
// kInternal as above; kInvalidArgument if a value is no number. kTooLarge: all together are longer than
// kMostAnswerBytes.
Result<std::vector<std::string>> AnswersOf(const ModelTransform::Answer& answer, std::span<const Tensor> outputs);

}  // namespace trireme::transform
