// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/memory_pool.h"
#include "transform/image.h"

namespace trireme::transform {

enum class Filter : uint8_t {
  kNearest,   // the pixel under the middle of the new one
  kBilinear,  // a triangle, widened where the picture gets smaller, so that no pixel is left out ("antialias")
  kBicubic,   // a cubic (a = -0.5), likewise
};

struct Resizing {
  // How much of the source is taken, from its upper left corner; at most its size.
  double source_width = 0;
  double source_height = 0;
  ImageSize to;  // of the whole new picture, of which only a window is made
  int64_t left = 0;
  int64_t top = 0;
  ImageSize window;  // left + window.width <= to.width, top + window.height <= to.height
  Filter filter = Filter::kBilinear;
};

// Makes that window of `from` at its new size, as RGB8 rows that begin `stride` bytes apart at `to`. What of `from` the
// window does not need is not looked at.
//
// The result is that of Pillow's Image.resize with the same filter, bit for bit: first along the rows, then along the
// columns, each rounded to 8 bits, with weights of 22 bits. Thread-safe. Takes memory for the rows in between: window
// width x source height x 3 bytes, and the weights.
void Resize(const Pixels& from, const Resizing& resizing, uint8_t* to, size_t stride, MemoryPool& pool);

}  // namespace trireme::transform
