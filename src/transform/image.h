// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "tensor/buffer.h"

namespace trireme::transform {

// In pixels.
struct ImageSize {
  int64_t width = 0;
  int64_t height = 0;

  bool operator==(const ImageSize&) const = default;
};

inline constexpr int64_t kChannels = 3;

// Pixels as 8-bit red, green, blue, row by row from the top, no padding: what somebody else owns.
struct Pixels {
  const uint8_t* data = nullptr;
  ImageSize size;

  size_t row_bytes() const { return static_cast<size_t>(size.width * kChannels); }
  size_t bytes() const { return row_bytes() * static_cast<size_t>(size.height); }
  const uint8_t* row(int64_t y) const { return data + row_bytes() * static_cast<size_t>(y); }
};

// A rectangle of a picture, counted from its upper left corner.
struct Region {
  int64_t left = 0;
  int64_t top = 0;
  ImageSize size;

  int64_t right() const { return left + size.width; }
  int64_t bottom() const { return top + size.height; }
  bool operator==(const Region&) const = default;
};

// A picture, and which of its pixels there are: all, or at least those that somebody needs.
struct Extent {
  ImageSize size;
  // How much of `size` the picture fills, counted from the upper left corner. Less than `size` by a fraction of a
  // pixel where a JPEG was decoded at a half, a quarter or an eighth of its size and does not divide evenly.
  double filled_width = 0;
  double filled_height = 0;
  Region part;

  static Extent Whole(ImageSize size) {
    return {.size = size,
            .filled_width = static_cast<double>(size.width),
            .filled_height = static_cast<double>(size.height),
            .part = {.size = size}};
  }
};

// A decoded picture, or a part of one. A value whose copies share the pixels.
struct Image {
  Extent extent;
  Buffer data;

  Pixels pixels() const { return {reinterpret_cast<const uint8_t*>(data.data()), extent.part.size}; }
};

}  // namespace trireme::transform
