// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/status.h"
#include "onnxfile/byte_source.h"
#include "onnxfile/onnx_reader.h"

namespace trireme::onnxfile {

// What is to be known of a constant (TensorProto) besides its elements, which are stepped over.
struct ConstantFacts {
  std::string name;
  uint64_t bytes = 0;  // of its elements, wherever they lie; the greatest number there is if no memory holds them
  std::optional<ExternalTensor> external;
};

// kInvalidArgument if its elements lie in another file and the model does not properly say where there.
Result<ConstantFacts> ReadConstant(ByteSource& source, ByteSpan tensor);

uint64_t SaturatingAdd(uint64_t a, uint64_t b);

}  // namespace trireme::onnxfile
