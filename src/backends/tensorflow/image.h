// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "backends/tensorflow/op.h"
#include "base/status.h"

namespace trireme::tensorflow {

// The input of a convolution or its like, as ONNX takes it: rows of the batch, channels, then the picture's sides.
struct Image {
  std::string name;
  bool channels_last = true;  // in TensorFlow; what comes of it is put back like that
  int64_t batch = kAnySize;
  int64_t channels = kAnySize;
  std::vector<int64_t> sides;  // kAnySize: not known
  std::vector<int64_t> pads;   // rows of zeros around it that the window is to add, as ONNX has them; empty: none

  size_t rank() const { return sides.size() + 2; }
};

// Takes an input as its `data_format` says. kUnsupported: one whose number of dimensions is not known or is not `rank`.
Result<Image> TakeImage(Op& op, size_t input, size_t rank);

// The same for an operator that pads with zeros itself: of an image that a Pad has padded, and that the window goes
// over as it is ("VALID"), the one before. `wants` says whether it does for such an image.
Result<Image> TakeUnpadded(Op& op, size_t input, size_t rank, const std::function<bool(const Margins&)>& wants);

// Puts what has come of an image: with other sides and channels.
void GiveImage(Op& op, const Image& from, std::string name, ElementType type, int64_t channels,
               std::vector<int64_t> sides, size_t output = 0);

// The values of an attribute such as "strides" for the sides alone; ones, if it is left out.
Result<std::vector<int64_t>> SideValues(const Op& op, std::string_view attribute, const Image& image);

// How a window goes over an image.
struct Window {
  std::vector<int64_t> size;
  std::vector<int64_t> strides;
  std::vector<int64_t> dilations;
};

// Rows and columns around an image, as ONNX writes them, and the sides of what comes of it.
struct Padding {
  std::vector<Attribute> attributes;
  std::vector<int64_t> sides;
};
Result<Padding> PaddingOf(const Op& op, const Image& image, const Window& window);

}  // namespace trireme::tensorflow
