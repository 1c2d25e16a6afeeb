// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "transform/resize_weights.h"

namespace trireme::transform {

// The two passes of a resize, over one row each. The plain forms say what is computed; the others compute the same
// faster where the processor can, and are what they are called through.

// May be read behind the end of a row (not used), or written there (to be written over).
inline constexpr size_t kRowSlack = 16;

// One row of RGB8 pixels to one of weights.taps.size() pixels. Behind the last old pixel that is taken there must be
// kRowSlack bytes that can be read, and behind the row `to` as many that can be written.
void ResizeAlongRow(const ResizeWeights& weights, const uint8_t* from, uint8_t* to);
void ResizeAlongRowPlainly(const ResizeWeights& weights, const uint8_t* from, uint8_t* to);

// Two such rows, in little more time than one where the processor has AVX2. Behind both the same as above.
struct TwoRows {
  const uint8_t* from[2];
  uint8_t* to[2];
};
void ResizeAlongTwoRows(const ResizeWeights& weights, const TwoRows& rows);

// The rows that `taps` names, `stride` bytes apart, to one: `bytes` of each. `from` is row 0 of those that `taps.first`
// counts.
void ResizeAlongColumns(const ResizeWeights& weights, const ResizeWeights::Taps& taps, const uint8_t* from,
                        size_t stride, size_t bytes, uint8_t* to);
void ResizeAlongColumnsPlainly(const ResizeWeights& weights, const ResizeWeights::Taps& taps, const uint8_t* from,
                               size_t stride, size_t bytes, uint8_t* to);

}  // namespace trireme::transform
