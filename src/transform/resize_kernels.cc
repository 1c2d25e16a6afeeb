// SPDX-License-Identifier: Apache-2.0
#include "transform/resize_kernels.h"

#include <algorithm>
#include <cstring>

#if defined(__SSE4_1__)
#include <immintrin.h>
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

// The first and second, the third and fourth pixel, channel by channel: r0 r1 g0 g1 b0 b1, each widened to 16 bits.
constexpr char kNone = -128;

__m128i FirstTwo() {
  return _mm_setr_epi8(0, kNone, 3, kNone, 1, kNone, 4, kNone, 2, kNone, 5, kNone, kNone, kNone, kNone, kNone);
}

__m128i LastTwo() {
  return _mm_setr_epi8(6, kNone, 9, kNone, 7, kNone, 10, kNone, 8, kNone, 11, kNone, kNone, kNone, kNone, kNone);
}

const __m128i* Lane(const void* at) {
  return reinterpret_cast<const __m128i*>(at);
}

// One row in the lower half of each register, the other in the upper: they share their weights.
__attribute__((target("avx2"))) void AlongTwoRowsWithAvx2(const ResizeWeights& weights, const TwoRows& rows) {
  const __m256i first_two = _mm256_broadcastsi128_si256(FirstTwo());
  const __m256i last_two = _mm256_broadcastsi128_si256(LastTwo());
  const __m256i half = _mm256_set1_epi32(kHalf);
  uint8_t* to = rows.to[0];
  uint8_t* below = rows.to[1];
  for (const ResizeWeights::Taps& taps : weights.taps) {
    const int64_t offset = taps.first * kChannels;
    const ResizeWeights::Group* group = &weights.groups[taps.group];
    __m256i low = _mm256_setzero_si256();
    __m256i high = low;
    for (int64_t i = 0; i < taps.count; i += ResizeWeights::kGroup, ++group) {
      const int64_t at = offset + i * kChannels;
      const __m256i upper = _mm256_castsi128_si256(_mm_loadu_si128(Lane(rows.from[0] + at)));
      const __m256i pixels = _mm256_inserti128_si256(upper, _mm_loadu_si128(Lane(rows.from[1] + at)), 1);
      const __m256i front = _mm256_shuffle_epi8(pixels, first_two);
      const __m256i back = _mm256_shuffle_epi8(pixels, last_two);
      const __m256i four = _mm256_broadcastsi128_si256(_mm_loadu_si128(Lane(group)));
      low = _mm256_add_epi32(low, _mm256_madd_epi16(front, _mm256_shuffle_epi32(four, 0x00)));
      high = _mm256_add_epi32(high, _mm256_madd_epi16(front, _mm256_shuffle_epi32(four, 0xAA)));
      low = _mm256_add_epi32(low, _mm256_madd_epi16(back, _mm256_shuffle_epi32(four, 0x55)));
      high = _mm256_add_epi32(high, _mm256_madd_epi16(back, _mm256_shuffle_epi32(four, 0xFF)));
    }
    const __m256i sum = _mm256_add_epi32(_mm256_slli_epi32(high, ResizeWeights::kLowBits), low);
    const __m256i rounded = _mm256_srai_epi32(_mm256_add_epi32(sum, half), ResizeWeights::kBits);
    const __m256i words = _mm256_packs_epi32(rounded, rounded);
    const __m256i bytes = _mm256_packus_epi16(words, words);
    const int32_t pixel = _mm_cvtsi128_si32(_mm256_castsi256_si128(bytes));
    const int32_t pixel_below = _mm_cvtsi128_si32(_mm256_extracti128_si256(bytes, 1));
    std::memcpy(to, &pixel, sizeof pixel);  // a byte too many, as below
    std::memcpy(below, &pixel_below, sizeof pixel_below);
    to += kChannels;
    below += kChannels;
  }
}

}  // namespace

void ResizeAlongTwoRows(const ResizeWeights& weights, const TwoRows& rows) {
  static const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;
  if (has_avx2) return AlongTwoRowsWithAvx2(weights, rows);
  ResizeAlongRow(weights, rows.from[0], rows.to[0]);
  ResizeAlongRow(weights, rows.from[1], rows.to[1]);
}

void ResizeAlongRow(const ResizeWeights& weights, const uint8_t* from, uint8_t* to) {
  const __m128i first_two = FirstTwo();
  const __m128i last_two = LastTwo();
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

void ResizeAlongTwoRows(const ResizeWeights& weights, const TwoRows& rows) {
  ResizeAlongRowPlainly(weights, rows.from[0], rows.to[0]);
  ResizeAlongRowPlainly(weights, rows.from[1], rows.to[1]);
}

void ResizeAlongRow(const ResizeWeights& weights, const uint8_t* from, uint8_t* to) {
  ResizeAlongRowPlainly(weights, from, to);
}

void ResizeAlongColumns(const ResizeWeights& weights, const ResizeWeights::Taps& taps, const uint8_t* from,
                        size_t stride, size_t bytes, uint8_t* to) {
  ResizeAlongColumnsPlainly(weights, taps, from, stride, bytes, to);
}

#endif

}  // namespace trireme::transform
