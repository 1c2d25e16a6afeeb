// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/example_request.h"
#include "tensor/data_type.h"
#include "tensor/shape.h"

namespace trireme {

// An input as an example sends it: one row, and of a size that the model takes.
struct ExampleInput {
  std::string name;
  DataType type = DataType::kFp32;
  Shape shape;
  int64_t elements = 1;
};

// Whether the inputs of one row, all together, are small enough to be made up by an example.
bool FitsAnExample(const ExampleModel& model);

// The inputs that may not be left out.
std::vector<ExampleInput> ExampleInputs(const ExampleModel& model);

// "/v2/models/resnet/infer"
std::string ExamplePath(const ExampleModel& model);

}  // namespace trireme
