// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "transform/resize.h"

namespace trireme::transform {

// What each new pixel along one side takes of which old ones.
//
// A weight is a whole number of 2^-22. It is kept in two parts of 16 bits, weight = high * 2^15 + low, because
// processors multiply and add pairs of 16-bit numbers at once. Taps come in groups of four, the last filled up with
// zeros.
struct ResizeWeights {
  static constexpr int kBits = 22;
  static constexpr int kLowBits = 15;
  static constexpr int64_t kGroup = 4;

  struct Group {
    int16_t low[kGroup];
    int16_t high[kGroup];
  };
  struct Taps {
    int64_t first = 0;  // the old pixel of the first tap, counted from the first that is present
    int64_t count = 0;  // of taps, without the zeros behind them
    size_t group = 0;   // the index of the first group
  };

  std::vector<Taps> taps;  // of each new pixel that is wanted
  std::vector<Group> groups;

  int32_t weight(const Taps& of, int64_t i) const {
    const Group& in = groups[of.group + static_cast<size_t>(i / kGroup)];
    return (int32_t{in.high[i % kGroup]} << kLowBits) + in.low[i % kGroup];
  }
};

// From begin (included) to end (excluded).
struct PixelRange {
  int64_t begin = 0;
  int64_t end = 0;
};

struct ResizeSide {
  int64_t pixels = 0;  // there are
  double source = 0;   // of which so many are taken
  int64_t to = 0;      // are to become so many
  int64_t offset = 0;  // of which these are wanted
  int64_t count = 0;   // one at least
  PixelRange present;  // the pixels whose values are at hand
};

// The old pixels that the wanted new ones take, present or not. `filter` is not kNearest, here and below.
PixelRange NeededPixels(const ResizeSide& side, Filter filter);

// All that are needed are present.
ResizeWeights MakeResizeWeights(const ResizeSide& side, Filter filter);

}  // namespace trireme::transform
