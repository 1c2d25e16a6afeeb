// SPDX-License-Identifier: Apache-2.0
#include "engine/check_request.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "model/reshape.h"
#include "tensor/tensor.h"

namespace trireme {
namespace {

// More rows than any memory holds: only tensors without elements have them.
constexpr int64_t kMaxRows = int64_t{1} << 31;

// A client may send a name as long as a body; an answer and a log line stay short.
std::string Quoted(std::string_view name) {
  constexpr size_t kMostShown = 256;
  return "'" + std::string(name.substr(0, kMostShown)) + (name.size() > kMostShown ? "...'" : "'");
}

std::string NamesOf(const std::vector<TensorSpec>& specs) {
  std::string names;
  for (const TensorSpec& spec : specs) names += (names.empty() ? "" : ", ") + Quoted(spec.name);
  return names;
}

// A protocol asks beforehand what may change, and the model may be another by now.
Status CheckChanging(std::string_view model, const std::vector<TensorSpec>& specs, std::string_view name) {
  const int index = FindSpec(specs, name);
  if (index < 0 || specs[static_cast<size_t>(index)].may_change) return {};
  return Unavailable("model " + Quoted(model) + " was replaced while the request was being read: its " + Quoted(name) +
                     " cannot be used in shared memory any more; try again");
}

Status CheckChanging(std::string_view model, const Signature& signature, const InferRequest& request) {
  for (const size_t input : request.changing_inputs) {
    RETURN_IF_ERROR(CheckChanging(model, signature.inputs, request.inputs[input].name));
  }
  for (const RequestedOutput& output : request.outputs) {
    if (output.may_change) RETURN_IF_ERROR(CheckChanging(model, signature.outputs, output.name));
  }
  return {};
}

// Puts every input at its place; the places of inputs that were not sent stay empty.
Status BringIntoOrder(std::string_view model, const Signature& signature, std::vector<NamedTensor>& inputs) {
  std::vector<NamedTensor> ordered(signature.inputs.size());
  std::vector<bool> seen(signature.inputs.size(), false);
  for (NamedTensor& input : inputs) {
    const int index = FindSpec(signature.inputs, input.name);
    if (index < 0) {
      return InvalidArgument("unexpected input " + Quoted(input.name) + ": model " + Quoted(model) + " has inputs " +
                             NamesOf(signature.inputs));
    }
    if (seen[index]) return InvalidArgument("input " + Quoted(input.name) + " is given twice");
    seen[index] = true;
    ordered[index] = std::move(input);
  }
  for (size_t i = 0; i < ordered.size(); ++i) {
    const TensorSpec& spec = signature.inputs[i];
    if (seen[i]) continue;
    if (!spec.optional) {
      return InvalidArgument("missing input " + Quoted(spec.name) + " of model " + Quoted(model) +
                             ": expected inputs " + NamesOf(signature.inputs));
    }
    ordered[i] = {.name = spec.name, .tensor = {.type = spec.type, .shape = {}, .data = {}}};
  }
  inputs = std::move(ordered);
  return {};
}

Status CheckInput(std::string_view model, const TensorSpec& spec, const Tensor& tensor) {
  if (spec.optional && tensor.data.empty() && tensor.shape.rank() == 0) return {};
  if (tensor.type != spec.type) {
    return InvalidArgument("input " + Quoted(spec.name) + " has datatype " + std::string(Name(tensor.type)) +
                           ", model " + Quoted(model) + " expects " + std::string(Name(spec.type)));
  }
  if (!spec.shape.Accepts(tensor.shape)) {
    return InvalidArgument("input " + Quoted(spec.name) + " has shape " + tensor.shape.ToString() + ", model " +
                           Quoted(model) + " expects " + spec.shape.ToString());
  }
  const std::optional<int64_t> count = tensor.shape.ElementCount();
  if (!count) {
    return InvalidArgument("input " + Quoted(spec.name) + ": the product of shape " + tensor.shape.ToString() +
                           " does not fit in 63 bits");
  }
  const std::optional<size_t> bytes = ByteSize(tensor.type, tensor.shape);
  if (tensor.type != DataType::kBytes && (!bytes || *bytes != tensor.data.size())) {
    return InvalidArgument("input " + Quoted(spec.name) + " has " + std::to_string(tensor.data.size()) +
                           " bytes, its shape " + tensor.shape.ToString() + " of " + std::string(Name(tensor.type)) +
                           " needs " + (bytes ? std::to_string(*bytes) : "more than can be counted"));
  }
  return {};
}

// A runtime reads a BOOL as the language's own, of which there are two.
Status CheckBools(const TensorSpec& spec, const Tensor& tensor) {
  if (tensor.type != DataType::kBool) return {};
  const std::span<const uint8_t> values = tensor.As<uint8_t>();
  const auto wrong = std::find_if(values.begin(), values.end(), [](uint8_t value) { return value > 1; });
  if (wrong == values.end()) return {};
  return InvalidArgument("input " + Quoted(spec.name) + ", element " + std::to_string(wrong - values.begin()) +
                         ": expected a BOOL of 0 or 1, found byte " + std::to_string(*wrong));
}

// What the tensor takes while it waits and runs. A runtime makes a string object of each BYTES element, however short.
size_t MemoryOf(const Tensor& tensor) {
  constexpr size_t kStringBytes = 64;
  const size_t count = static_cast<size_t>(tensor.shape.ElementCount().value_or(0));
  return tensor.data.size() + (tensor.type == DataType::kBytes ? count * kStringBytes : 0);
}

// In a batch the outermost dimension counts the same rows in every input.
Status CountRows(const Signature& signature, InferRequest& request) {
  request.rows = 1;
  if (!signature.batched) return {};
  const NamedTensor* first = nullptr;
  for (const NamedTensor& input : request.inputs) {
    if (input.tensor.shape.rank() == 0) continue;  // left out
    if (first == nullptr) {
      first = &input;
      request.rows = input.tensor.shape[0];
      if (request.rows > kMaxRows) {
        return InvalidArgument("input " + Quoted(input.name) + " has " + std::to_string(request.rows) +
                               " rows: expected at most " + std::to_string(kMaxRows));
      }
    } else if (input.tensor.shape[0] != request.rows) {
      return InvalidArgument("input " + Quoted(input.name) + " has " + std::to_string(input.tensor.shape[0]) +
                             " rows (shape " + input.tensor.shape.ToString() + "), input " + Quoted(first->name) +
                             " has " + std::to_string(request.rows) + ": expected the same number in every input");
    }
  }
  return {};
}

// Also for a model that runs its requests alone: what its config file promises holds whatever the trial run found.
Status CheckMostRows(std::string_view model, int64_t max_request_rows, const InferRequest& request) {
  if (max_request_rows <= 0) return {};
  for (const NamedTensor& input : request.inputs) {
    if (input.tensor.shape.rank() == 0 || input.tensor.shape[0] <= max_request_rows) continue;
    return InvalidArgument("input " + Quoted(input.name) + " has " + std::to_string(input.tensor.shape[0]) +
                           " rows, model " + Quoted(model) + " takes at most " + std::to_string(max_request_rows) +
                           " (max_batch_size)");
  }
  return {};
}

// From the shapes that clients see to those that the model takes.
Status Reshape(const Signature& signature, InferRequest& request) {
  for (size_t i = 0; i < request.inputs.size(); ++i) {
    const TensorSpec& spec = signature.inputs[i];
    Tensor& tensor = request.inputs[i].tensor;
    const bool left_out = spec.optional && tensor.data.empty() && tensor.shape.rank() == 0;
    if (!spec.model_shape || left_out) continue;
    const std::optional<Shape> shape = Reshaped(spec.shape, *spec.model_shape, tensor.shape);
    if (!shape) {
      return InvalidArgument("input " + Quoted(spec.name) + " of shape " + tensor.shape.ToString() +
                             " cannot be brought into shape " + spec.model_shape->ToString());
    }
    tensor.shape = *shape;
  }
  return {};
}

Status FindOutputs(std::string_view model, const Signature& signature, std::vector<RequestedOutput>& outputs) {
  if (outputs.empty()) {
    outputs.reserve(signature.outputs.size());
    for (size_t i = 0; i < signature.outputs.size(); ++i) {
      outputs.push_back({.name = signature.outputs[i].name, .index = static_cast<int>(i), .destination = {}});
    }
    return {};
  }
  std::vector<bool> seen(signature.outputs.size(), false);
  for (RequestedOutput& output : outputs) {
    output.index = FindSpec(signature.outputs, output.name);
    if (output.index < 0) {
      return InvalidArgument("unexpected output " + Quoted(output.name) + ": model " + Quoted(model) + " has outputs " +
                             NamesOf(signature.outputs));
    }
    if (seen[output.index]) return InvalidArgument("output " + Quoted(output.name) + " is requested twice");
    seen[output.index] = true;
  }
  return {};
}

}  // namespace

Status CheckRequest(std::string_view model_name, const Signature& signature, InferRequest& request,
                    int64_t max_request_rows) {
  RETURN_IF_ERROR(CheckChanging(model_name, signature, request));
  RETURN_IF_ERROR(BringIntoOrder(model_name, signature, request.inputs));
  request.bytes = 0;
  for (size_t i = 0; i < request.inputs.size(); ++i) {
    RETURN_IF_ERROR(CheckInput(model_name, signature.inputs[i], request.inputs[i].tensor));
    RETURN_IF_ERROR(CheckBools(signature.inputs[i], request.inputs[i].tensor));
    request.bytes += MemoryOf(request.inputs[i].tensor);
  }
  RETURN_IF_ERROR(CheckMostRows(model_name, max_request_rows, request));
  RETURN_IF_ERROR(CountRows(signature, request));
  RETURN_IF_ERROR(Reshape(signature, request));
  return FindOutputs(model_name, signature, request.outputs);
}

}  // namespace trireme
