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
  ImageSize to;  // of the whole new picture, of which only a window is made
  int64_t left = 0;
  int64_t top = 0;
  ImageSize window;  // left + window.width <= to.width, top + window.height <= to.height
  Filter filter = Filter::kBilinear;
};

// The part of a picture of `size` that is looked at. The same of one that a decoder made smaller, by a half or more,
// has no pixel that does not lie within it.
Region NeededFor(const Resizing& resizing, ImageSize size);

// Makes that window of a picture at its new size, as RGB8 rows that begin `stride` bytes apart at `to`. `from` has the
// pixels of extent.part, which are at least those that are needed.
//
// The result is that of Pillow's Image.resize with the same filter, bit for bit: first along the rows, then along the
// columns, each rounded to 8 bits, with weights of 22 bits. Thread-safe. Takes memory for the rows in between: window
// width x source height x 3 bytes, 16 more a row, and the weights.
void Resize(const Pixels& from, const Extent& extent, const Resizing& resizing, uint8_t* to, size_t stride,
            MemoryPool& pool);

}  // namespace trireme::transform
