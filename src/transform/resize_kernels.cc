// SPDX-License-Identifier: Apache-2.0
#include "transform/resize_kernels.h"

#include <algorithm>
#include <cstring>

#if defined(__SSE4_1__)
#include <smmintrin.h>
#endif

#include "transform/image.h"

namespace trireme::transform {
namespace {

constexpr int32_t kHalf = 1 << (ResizeWeights::kBits - 1);

uint8_t Clipped(int32_t sum) {
  return static_cast<uint8_t>(std::clamp(sum >> ResizeWeights::kBits, 0, 255));
}

}  // namespace

void ResizeAlongRowPlainly(const ResizeWeights& weights, const uint8_t* from, uint8_t* to) {
  for (const ResizeWeights::Taps& taps : weights.taps) {
    int32_t sums[kChannels] = {kHalf, kHalf, kHalf};
    for (int64_t i = 0; i < taps.count; ++i) {
      const int32_t weight = weights.weight(taps, i);
      for (int64_t c = 0; c < kChannels; ++c) sums[c] += weight * from[(taps.first + i) * kChannels + c];
    }
    for (const int32_t sum : sums) *to++ = Clipped(sum);
  }
}

void ResizeAlongColumnsPlainly(const ResizeWeights& weights, const ResizeWeights::Taps& taps, const uint8_t* from,
                               size_t stride, size_t bytes, uint8_t* to) {
  from += static_cast<size_t>(taps.first) * stride;
  for (size_t x = 0; x < bytes; ++x) {
    int32_t sum = kHalf;
    for (int64_t i = 0; i < taps.count; ++i) sum += weights.weight(taps, i) * from[static_cast<size_t>(i) * stride + x];
    to[x] = Clipped(sum);
  }
}

#if defined(__SSE4_1__)

namespace {

// A sum of products with both parts of the weights. That of the low parts may pass what 32 bits hold: it wraps around,
// and once the high parts are added the whole is right again, because the whole fits.
struct Sums {
  __m128i low = _mm_setzero_si128();
  __m128i high = _mm_setzero_si128();

  // Each lane: two values of 16 bits times their two weights.
  void Add(__m128i values, __m128i low_weights, __m128i high_weights) {
    low = _mm_add_epi32(low, _mm_madd_epi16(values, low_weights));
    high = _mm_add_epi32(high, _mm_madd_epi16(values, high_weights));
  }
  __m128i Rounded() const {
    const __m128i sum = _mm_add_epi32(_mm_slli_epi32(high, ResizeWeights::kLowBits), low);
    return _mm_srai_epi32(_mm_add_epi32(sum, _mm_set1_epi32(kHalf)), ResizeWeights::kBits);
  }
};

}  // namespace

void ResizeAlongRow(const ResizeWeights& weights, const uint8_t* from, uint8_t* to) {
  // The first and second, the third and fourth pixel, channel by channel: r0 r1 g0 g1 b0 b1, each widened to 16 bits.
  constexpr char kNone = -128;
  const __m128i first_two =
      _mm_setr_epi8(0, kNone, 3, kNone, 1, kNone, 4, kNone, 2, kNone, 5, kNone, kNone, kNone, kNone, kNone);
  const __m128i last_two =
      _mm_setr_epi8(6, kNone, 9, kNone, 7, kNone, 10, kNone, 8, kNone, 11, kNone, kNone, kNone, kNone, kNone);
  for (const ResizeWeights::Taps& taps : weights.taps) {
    const uint8_t* at = from + taps.first * kChannels;
    const ResizeWeights::Group* group = &weights.groups[taps.group];
    Sums sums;
    for (int64_t i = 0; i < taps.count; i += ResizeWeights::kGroup) {
      const __m128i pixels = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
      const __m128i four = _mm_loadu_si128(reinterpret_cast<const __m128i*>(group));
      sums.Add(_mm_shuffle_epi8(pixels, first_two), _mm_shuffle_epi32(four, 0x00), _mm_shuffle_epi32(four, 0xAA));
      sums.Add(_mm_shuffle_epi8(pixels, last_two), _mm_shuffle_epi32(four, 0x55), _mm_shuffle_epi32(four, 0xFF));
      at += ResizeWeights::kGroup * kChannels;
      ++group;
    }
    const __m128i words = _mm_packs_epi32(sums.Rounded(), _mm_setzero_si128());
    const int32_t pixel = _mm_cvtsi128_si32(_mm_packus_epi16(words, words));
    std::memcpy(to, &pixel, sizeof pixel);  // a byte too many, which the next pixel writes over
    to += kChannels;
  }
}

void ResizeAlongColumns(const ResizeWeights& weights, const ResizeWeights::Taps& taps, const uint8_t* from,
                        size_t stride, size_t bytes, uint8_t* to) {
  constexpr size_t kLane = 16;
  const __m128i zero = _mm_setzero_si128();
  const uint8_t* rows = from + static_cast<size_t>(taps.first) * stride;
  size_t x = 0;
  for (; x + kLane <= bytes; x += kLane) {
    Sums sums[4];
    for (int64_t i = 0; i < taps.count; i += 2) {
      const uint8_t* at = rows + static_cast<size_t>(i) * stride + x;
      const ResizeWeights::Group& group = weights.groups[taps.group + static_cast<size_t>(i / ResizeWeights::kGroup)];
      int32_t low;
      int32_t high;
      std::memcpy(&low, group.low + i % ResizeWeights::kGroup, sizeof low);
      std::memcpy(&high, group.high + i % ResizeWeights::kGroup, sizeof high);
      const __m128i low_weights = _mm_set1_epi32(low);
      const __m128i high_weights = _mm_set1_epi32(high);
      const __m128i a = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
      const __m128i b = i + 1 < taps.count ? _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + stride)) : zero;
      const __m128i front = _mm_unpacklo_epi8(a, b);
      const __m128i back = _mm_unpackhi_epi8(a, b);
      sums[0].Add(_mm_unpacklo_epi8(front, zero), low_weights, high_weights);
      sums[1].Add(_mm_unpackhi_epi8(front, zero), low_weights, high_weights);
      sums[2].Add(_mm_unpacklo_epi8(back, zero), low_weights, high_weights);
      sums[3].Add(_mm_unpackhi_epi8(back, zero), low_weights, high_weights);
    }
    const __m128i words = _mm_packs_epi32(sums[0].Rounded(), sums[1].Rounded());
    const __m128i more = _mm_packs_epi32(sums[2].Rounded(), sums[3].Rounded());
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + x), _mm_packus_epi16(words, more));
  }
  ResizeAlongColumnsPlainly(weights, taps, from + x, stride, bytes - x, to + x);
}

#else

void ResizeAlongRow(const ResizeWeights& weights, const uint8_t* from, uint8_t* to) {
  ResizeAlongRowPlainly(weights, from, to);
}

void ResizeAlongColumns(const ResizeWeights& weights, const ResizeWeights::Taps& taps, const uint8_t* from,
                        size_t stride, size_t bytes, uint8_t* to) {
  ResizeAlongColumnsPlainly(weights, taps, from, stride, bytes, to);
}

#endif

}  // namespace trireme::transform
