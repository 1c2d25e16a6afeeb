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

ResizeSide Across(const Extent& extent, const Resizing& resizing) {
  return {.pixels = extent.size.width,
          .source = extent.filled_width,
          .to = resizing.to.width,
          .offset = resizing.left,
          .count = resizing.window.width,
          .present = {.begin = extent.part.left, .end = extent.part.right()}};
}

ResizeSide Down(const Extent& extent, const Resizing& resizing) {
  return {.pixels = extent.size.height,
          .source = extent.filled_height,
          .to = resizing.to.height,
          .offset = resizing.top,
          .count = resizing.window.height,
          .present = {.begin = extent.part.top, .end = extent.part.bottom()}};
}

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
    const uint8_t* row = from.row(y - down.present.begin);
    uint8_t* pixel = to;
    for (const int64_t x : columns) {
      std::memcpy(pixel, row + (x - across.present.begin) * kChannels, kChannels);
      pixel += kChannels;
    }
    to += stride;
  }
}

PixelRange Needed(const ResizeSide& side, Filter filter) {
  if (filter != Filter::kNearest) return NeededPixels(side, filter);
  const std::vector<int64_t> pixels = NearestPixels(side);
  return {.begin = pixels.front(), .end = pixels.back() + 1};
}

bool IsPresent(const PixelRange& needed, const ResizeSide& side) {
  return side.present.begin <= needed.begin && needed.end <= side.present.end;
}

// A row with kRowSlack bytes behind it that can be read: the last ones of a picture are copied.
const uint8_t* RowWithSlack(const Pixels& pixels, int64_t y, std::vector<uint8_t>& copy) {
  const size_t behind = pixels.row_bytes() * static_cast<size_t>(pixels.size.height - 1 - y);
  if (behind >= kRowSlack) return pixels.row(y);
  copy.resize(pixels.row_bytes() + kRowSlack);
  std::memcpy(copy.data(), pixels.row(y), pixels.row_bytes());
  return copy.data();
}

// `count` rows from `first` on, each to one of the new width.
void NarrowRows(const ResizeWeights& columns, const Pixels& from, int64_t first, int64_t count, uint8_t* to,
                size_t stride) {
  std::vector<uint8_t> copies[2];
  int64_t y = first;
  for (; y + 1 < first + count; y += 2, to += 2 * stride) {
    ResizeAlongTwoRows(columns, {.from = {RowWithSlack(from, y, copies[0]), RowWithSlack(from, y + 1, copies[1])},
                                 .to = {to, to + stride}});
  }
  if (y < first + count) ResizeAlongRow(columns, RowWithSlack(from, y, copies[0]), to);
}

}  // namespace

Region NeededFor(const Resizing& resizing, ImageSize size) {
  const Extent whole = Extent::Whole(size);
  const PixelRange columns = Needed(Across(whole, resizing), resizing.filter);
  const PixelRange rows = Needed(Down(whole, resizing), resizing.filter);
  return {.left = columns.begin,
          .top = rows.begin,
          .size = {.width = columns.end - columns.begin, .height = rows.end - rows.begin}};
}

void Resize(const Pixels& from, const Extent& extent, const Resizing& resizing, uint8_t* to, size_t stride,
            MemoryPool& pool) {
  const ImageSize& window = resizing.window;
  CHECK(resizing.left >= 0 && resizing.left + window.width <= resizing.to.width);
  CHECK(resizing.top >= 0 && resizing.top + window.height <= resizing.to.height);
  const ResizeSide across = Across(extent, resizing);
  const ResizeSide down = Down(extent, resizing);
  const PixelRange needed_rows = Needed(down, resizing.filter);
  CHECK(from.size == extent.part.size);
  CHECK(IsPresent(Needed(across, resizing.filter), across) && IsPresent(needed_rows, down));
  if (resizing.filter == Filter::kNearest) return TakeNearest(from, across, down, to, stride);

  const ResizeWeights columns = MakeResizeWeights(across, resizing.filter);
  const ResizeWeights rows = MakeResizeWeights(down, resizing.filter);
  const size_t row_bytes = static_cast<size_t>(window.width * kChannels);
  const size_t narrow_stride = row_bytes + kRowSlack;
  const int64_t first_row = needed_rows.begin - down.present.begin;
  const int64_t row_count = needed_rows.end - needed_rows.begin;
  Buffer between = Buffer::Take(pool, static_cast<size_t>(row_count) * narrow_stride);
  auto* narrowed = reinterpret_cast<uint8_t*>(between.mutable_data());
  NarrowRows(columns, from, first_row, row_count, narrowed, narrow_stride);
  for (ResizeWeights::Taps taps : rows.taps) {
    taps.first -= first_row;
    ResizeAlongColumns(rows, taps, narrowed, narrow_stride, row_bytes, to);
    to += stride;
  }
}

}  // namespace trireme::transform
