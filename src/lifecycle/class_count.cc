// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/class_count.h"

#include <cstdint>

namespace trireme {

std::string DifferenceOfNames(const transform::ModelTransform& transform, const Signature& signature) {
  if (!transform.answer || transform.answer->kind != transform::AnswerKind::kClasses) return "";
  const transform::ModelTransform::Answer& answer = *transform.answer;
  if (answer.names.size() == 0 || answer.outputs.size() != 1) return "";
  const int output = FindSpec(signature.outputs, answer.outputs.front());
  if (output < 0) return "";
  const Shape& shape = signature.outputs[static_cast<size_t>(output)].shape;
  const int64_t classes = shape.rank() == 0 ? Shape::kAny : shape[shape.rank() - 1];
  if (classes == Shape::kAny || classes == static_cast<int64_t>(answer.names.size())) return "";
  return std::to_string(answer.names.size()) + " names for the " + std::to_string(classes) + " classes of output '" +
         answer.outputs.front() + "'";
}

}  // namespace trireme
