// SPDX-License-Identifier: Apache-2.0
// The sizes and filters are compared with Pillow in tests/images; here are the window, and the quick forms against the
// plain ones.
#include "transform/resize.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

#include "transform/resize_kernels.h"
#include "transform/testing/make_image.h"

namespace trireme::transform {
namespace {

std::vector<uint8_t> Resized(const std::vector<uint8_t>& pixels, const Extent& extent, const Resizing& resizing) {
  static MemoryPool pool;
  const size_t stride = static_cast<size_t>(resizing.window.width * kChannels);
  std::vector<uint8_t> to(stride * static_cast<size_t>(resizing.window.height));
  Resize({.data = pixels.data(), .size = extent.part.size}, extent, resizing, to.data(), stride, pool);
  return to;
}

TEST(Resize, MakesTheWindowAsItWouldTheWhole) {
  constexpr ImageSize kFrom{61, 43};
  const std::vector<uint8_t> pixels = PaintedPixels(kFrom);
  for (const Filter filter : {Filter::kNearest, Filter::kBilinear, Filter::kBicubic}) {
    for (const ImageSize to : {ImageSize{20, 31}, ImageSize{61, 43}, ImageSize{100, 9}}) {
      Resizing resizing{.to = to, .window = to, .filter = filter};
      const std::vector<uint8_t> whole = Resized(pixels, Extent::Whole(kFrom), resizing);
      resizing.left = 3;
      resizing.top = 2;
      resizing.window = {to.width - 7, to.height - 4};
      const std::vector<uint8_t> window = Resized(pixels, Extent::Whole(kFrom), resizing);
      const auto bytes = static_cast<size_t>(resizing.window.width * kChannels);
      for (int64_t y = 0; y < resizing.window.height; ++y) {
        const uint8_t* expected = whole.data() + ((y + 2) * to.width + 3) * kChannels;
        EXPECT_EQ(std::memcmp(window.data() + static_cast<size_t>(y) * bytes, expected, bytes), 0) << y;
      }
    }
  }
}

TEST(Resize, TakesThePartThatIsFilled) {
  // The last column is half a pixel: its colour counts half as much.
  const std::vector<uint8_t> pixels = {100, 100, 100, 200, 200, 200};
  Extent extent = Extent::Whole({2, 1});
  extent.filled_width = 1.5;
  EXPECT_LT(Resized(pixels, extent, {.to = {1, 1}, .window = {1, 1}})[0], 150);
}

TEST(Resize, IsTheSameQuickly) {
  std::mt19937 random(1);
  std::uniform_int_distribution<int> value(0, 255);
  for (const Filter filter : {Filter::kBilinear, Filter::kBicubic}) {
    for (const int64_t pixels : {1, 2, 3, 5, 16, 17, 300, 5000}) {
      for (const int64_t to : {1, 2, 7, 64, 301}) {
        const ResizeWeights weights = MakeResizeWeights({.pixels = pixels,
                                                         .source = static_cast<double>(pixels),
                                                         .to = to,
                                                         .count = to,
                                                         .present = {.end = pixels}},
                                                        filter);
        std::vector<uint8_t> row(static_cast<size_t>(pixels * kChannels) + kRowSlack);
        for (uint8_t& byte : row) byte = static_cast<uint8_t>(value(random));
        std::vector<uint8_t> quick(static_cast<size_t>(to * kChannels) + kRowSlack);
        std::vector<uint8_t> plain(quick.size());
        ResizeAlongRow(weights, row.data(), quick.data());
        ResizeAlongRowPlainly(weights, row.data(), plain.data());
        EXPECT_EQ(std::memcmp(quick.data(), plain.data(), static_cast<size_t>(to * kChannels)), 0);

        // With another row, whose bytes are the other way round.
        std::vector<uint8_t> turned(row.rbegin(), row.rend());
        std::vector<uint8_t> both[2] = {quick, quick};
        ResizeAlongTwoRows(weights, {.from = {turned.data(), row.data()}, .to = {both[0].data(), both[1].data()}});
        ResizeAlongRowPlainly(weights, turned.data(), quick.data());
        EXPECT_EQ(std::memcmp(both[0].data(), quick.data(), static_cast<size_t>(to * kChannels)), 0);
        EXPECT_EQ(std::memcmp(both[1].data(), plain.data(), static_cast<size_t>(to * kChannels)), 0);

        // The same bytes as a column of rows, of a width that no lane divides.
        constexpr size_t kBytes = 35;
        std::vector<uint8_t> rows(static_cast<size_t>(pixels) * kBytes);
        for (uint8_t& byte : rows) byte = static_cast<uint8_t>(value(random));
        for (const ResizeWeights::Taps& taps : weights.taps) {
          std::vector<uint8_t> one(kBytes);
          std::vector<uint8_t> other(kBytes);
          ResizeAlongColumns(weights, taps, rows.data(), kBytes, kBytes, one.data());
          ResizeAlongColumnsPlainly(weights, taps, rows.data(), kBytes, kBytes, other.data());
          EXPECT_EQ(one, other);
        }
      }
    }
  }
}

}  // namespace
}  // namespace trireme::transform
