// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace trireme::onnx {

// Text of a model file, for people: short, and nothing in it that moves a cursor.
std::string Shown(std::string_view text);

}  // namespace trireme::onnx
