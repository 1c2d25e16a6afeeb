// SPDX-License-Identifier: Apache-2.0
#include "transform/resize.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/check.h"
#include "transform/resize_kernels.h"
#include "transform/resize_weights.h"

namespace trireme::transform {
namespace {

// The old pixel under the middle of each new one that is wanted. Steps are added one by one, as the reference does:
// where a middle lies on the edge between two pixels, the rounding of the sum decides.
std::vector<int64_t> NearestPixels(const ResizeSide& side) {
  const double step = side.source / static_cast<double>(side.to);
  std::vector<int64_t> pixels;
  pixels.reserve(static_cast<size_t>(side.count));
  double middle = step * 0.5;
  for (int64_t i = 0; i < side.offset + side.count; ++i, middle += step) {
    if (i >= side.offset) pixels.push_back(std::min(side.pixels - 1, static_cast<int64_t>(middle)));
  }
  return pixels;
}

void TakeNearest(const Pixels& from, const ResizeSide& across, const ResizeSide& down, uint8_t* to, size_t stride) {
  const std::vector<int64_t> columns = NearestPixels(across);
  for (const int64_t y : NearestPixels(down)) {
    const uint8_t* row = from.row(y);
    uint8_t* pixel = to;
    for (const int64_t x : columns) {
      std::memcpy(pixel, row + x * kChannels, kChannels);
      pixel += kChannels;
    }
    to += stride;
  }
}

// Rows of a picture, each with kRowSlack bytes behind it that can be read: the last ones are copied.
class SlackRows {
 public:
  explicit SlackRows(const Pixels& pixels) : pixels_(pixels) {}

  const uint8_t* row(int64_t y) {
    const size_t behind = pixels_.row_bytes() * static_cast<size_t>(pixels_.size.height - 1 - y);
    if (behind >= kRowSlack) return pixels_.row(y);
    copy_.resize(pixels_.row_bytes() + kRowSlack);
    std::memcpy(copy_.data(), pixels_.row(y), pixels_.row_bytes());
    return copy_.data();
  }

 private:
  const Pixels& pixels_;
  std::vector<uint8_t> copy_;
};

}  // namespace

void Resize(const Pixels& from, const Resizing& resizing, uint8_t* to, size_t stride, MemoryPool& pool) {
  const ImageSize& window = resizing.window;
  CHECK(resizing.left >= 0 && resizing.left + window.width <= resizing.to.width);
  CHECK(resizing.top >= 0 && resizing.top + window.height <= resizing.to.height);
  const ResizeSide across{.pixels = from.size.width,
                          .source = resizing.source_width,
                          .to = resizing.to.width,
                          .offset = resizing.left,
                          .count = window.width};
  const ResizeSide down{.pixels = from.size.height,
                        .source = resizing.source_height,
                        .to = resizing.to.height,
                        .offset = resizing.top,
                        .count = window.height};
  if (resizing.filter == Filter::kNearest) return TakeNearest(from, across, down, to, stride);

  const ResizeWeights columns = MakeResizeWeights(across, resizing.filter);
  const ResizeWeights rows = MakeResizeWeights(down, resizing.filter);
  const size_t row_bytes = static_cast<size_t>(window.width * kChannels);
  const auto row_count = static_cast<size_t>(rows.end - rows.begin);
  Buffer between = Buffer::Take(pool, row_count * row_bytes + kRowSlack);
  auto* narrowed = reinterpret_cast<uint8_t*>(between.mutable_data());
  SlackRows source(from);
  for (size_t y = 0; y < row_count; ++y) {
    ResizeAlongRow(columns, source.row(rows.begin + static_cast<int64_t>(y)), narrowed + y * row_bytes);
  }
  for (ResizeWeights::Taps taps : rows.taps) {
    taps.first -= rows.begin;
    ResizeAlongColumns(rows, taps, narrowed, row_bytes, row_bytes, to);
    to += stride;
  }
}

}  // namespace trireme::transform
