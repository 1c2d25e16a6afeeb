// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/status.h"
#include "onnxfile/byte_source.h"
#include "onnxfile/onnx_reader.h"

namespace trireme::onnxfile {

// A ValueInfoProto: what a graph takes or gives, or what is said of a value within.
Result<GraphValue> ReadValue(ByteSource& source, ByteSpan message);

Result<OpsetImport> ReadOpset(ByteSource& source, ByteSpan message);

}  // namespace trireme::onnxfile
