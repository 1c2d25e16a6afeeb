// SPDX-License-Identifier: Apache-2.0
#include "scheduler/client_output.h"

#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "model/reshape.h"

namespace trireme {

Status GiveClientsShape(Tensor& tensor, const TensorSpec& spec) {
  if (!spec.model_shape) return {};
  const std::optional<Shape> shape = Reshaped(*spec.model_shape, spec.shape, tensor.shape);
  if (!shape) {
    return Internal("output '" + spec.name + "' of shape " + tensor.shape.ToString() + " cannot be reshaped from " +
                    spec.model_shape->ToString() + " to " + spec.shape.ToString());
  }
  tensor.shape = *shape;
  return {};
}

Status Deliver(Tensor& tensor, const RequestedOutput& wanted) {
  if (wanted.destination.empty() || tensor.data.data() == wanted.destination.data()) return {};
  if (wanted.destination.size() < tensor.data.size()) {
    return InvalidArgument("output '" + wanted.name + "' needs " + std::to_string(tensor.data.size()) +
                           " bytes, its destination has " + std::to_string(wanted.destination.size()));
  }
  Buffer destination = wanted.destination.Slice(0, tensor.data.size());
  if (!destination.empty()) std::memcpy(destination.mutable_data(), tensor.data.data(), tensor.data.size());
  tensor.data = std::move(destination);
  return {};
}

}  // namespace trireme
