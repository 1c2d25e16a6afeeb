// SPDX-License-Identifier: Apache-2.0
#include "server/example_input.h"

namespace trireme {

std::vector<ExampleInput> ExampleInputs(const ExampleModel& model) {
  std::vector<ExampleInput> inputs;
  for (const TensorSpec& spec : model.signature.inputs) {
    if (spec.optional) continue;
    Shape shape = spec.shape;
    for (size_t i = 0; i < shape.rank(); ++i) {
      // As in the trial run, which took this.
      const bool counts_rows = i == 0 && (model.signature.batched || shape.rank() > 1);
      if (shape[i] == Shape::kAny) shape[i] = counts_rows ? 1 : model.free_dim;
    }
    inputs.push_back(
        {.name = spec.name, .type = spec.type, .shape = shape, .elements = shape.ElementCount().value_or(0)});
  }
  return inputs;
}

bool FitsAnExample(const ExampleModel& model) {
  constexpr int64_t kMostElements = int64_t{1} << 24;
  int64_t elements = 0;
  for (const ExampleInput& input : ExampleInputs(model)) {
    if (!input.shape.ElementCount() || input.elements > kMostElements) return false;
    elements += input.elements;
  }
  return elements <= kMostElements;
}

std::string ExamplePath(const ExampleModel& model) {
  const std::string version = model.version ? "/versions/" + std::to_string(*model.version) : "";
  return "/v2/models/" + model.name + version + "/infer";
}

}  // namespace trireme
