// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "onnxfile/onnx_reader.h"

namespace trireme::onnxfile {

// Fills `to` with the elements of a constant.
using ReadElements = std::function<Status(const ExternalTensor& tensor, std::span<char> to)>;

// The model with the elements of its external constants in it: none is left that asks for another file, in nested
// graphs, attributes and functions neither. `summary` is that model's. All else stays as it is, byte for byte, but for
// the lengths of messages. Takes as much memory as model and elements together: bound them before.
//
// The first error of `read_elements` ends it.
Result<std::string> EmbedData(std::string_view model, const ModelSummary& summary, const ReadElements& read_elements);

}  // namespace trireme::onnxfile
