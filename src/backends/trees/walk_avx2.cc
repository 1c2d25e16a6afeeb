// SPDX-License-Identifier: Apache-2.0
#include "backends/trees/walk_trees.h"

#ifdef __AVX2__
#include <immintrin.h>
#endif

namespace trireme::trees {

#ifdef __AVX2__

namespace {

// A row in 1, 2, 4 or 8 registers of 8 columns each, as in walk_avx512.cc: each register is permuted by the low bits of
// the index, and the others choose among them.
template <int kRegisters>
class Row256 {
 public:
  explicit Row256(const float* row) : row_(row) {
    for (int i = 0; i < kRegisters; ++i) columns_[i] = _mm256_loadu_ps(row + 8 * i);
  }

  unsigned Below(const Block& block) const {
    const __m256 below = _mm256_cmp_ps(Values(block), _mm256_load_ps(block.thresholds), _CMP_LT_OQ);
    return static_cast<unsigned>(_mm256_movemask_ps(below));
  }

  unsigned Missing(const Block& block) const {
    const __m256 values = Values(block);
    return static_cast<unsigned>(_mm256_movemask_ps(_mm256_cmp_ps(values, values, _CMP_UNORD_Q)));
  }

  template <bool kMayMiss, bool kOdd>
  unsigned WayOut(const TreeBlocks& trees, const Block& block) const {
    return WayOutOfAll<kMayMiss, kOdd>(trees, block, *this);
  }

  const float* row() const { return row_; }

 private:
  // A blend looks at the sign: there goes the bit of the index that chooses.
  template <int kBit>
  static __m256 Choose(__m256i index, __m256 clear, __m256 set) {
    return _mm256_blendv_ps(clear, set, _mm256_castsi256_ps(_mm256_slli_epi32(index, 31 - kBit)));
  }

  // Of kCount registers from kFirst on.
  template <int kFirst, int kCount>
  __m256 Among(__m256i index) const {
    if constexpr (kCount == 1) {
      return _mm256_permutevar8x32_ps(columns_[kFirst], index);
    } else {
      constexpr int kBit = kCount == 2 ? 3 : kCount == 4 ? 4 : 5;
      return Choose<kBit>(index, Among<kFirst, kCount / 2>(index), Among<kFirst + kCount / 2, kCount / 2>(index));
    }
  }

  __m256 Values(const Block& block) const {
    const __m128i index = _mm_load_si128(reinterpret_cast<const __m128i*>(block.columns));
    return Among<0, kRegisters>(_mm256_cvtepu16_epi32(index));
  }

  __m256 columns_[kRegisters];
  const float* row_;
};

Walk ForColumns(uint32_t columns) {
  if (columns <= 8) return &WalkTrees<Row256<1>>;
  if (columns <= 16) return &WalkTrees<Row256<2>>;
  if (columns <= 32) return &WalkTrees<Row256<4>>;
  return &WalkTrees<Row256<8>>;
}

}  // namespace

VectorWalks Avx2Walks() {
  return {64, &ForColumns};
}

#else

VectorWalks Avx2Walks() {
  return {0, nullptr};
}

#endif

}  // namespace trireme::trees
