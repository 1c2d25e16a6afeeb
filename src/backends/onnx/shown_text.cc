// SPDX-License-Identifier: Apache-2.0
#include "backends/onnx/shown_text.h"

#include <algorithm>

namespace trireme::onnx {
namespace {

constexpr size_t kMaxShownBytes = 80;

}  // namespace

std::string Shown(std::string_view text) {
  std::string shown(text.substr(0, kMaxShownBytes));
  std::replace_if(
      shown.begin(), shown.end(), [](unsigned char c) { return c < ' ' || c > '~'; }, '?');
  return shown;
}

}  // namespace trireme::onnx
