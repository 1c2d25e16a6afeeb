// SPDX-License-Identifier: Apache-2.0
#include "backends/trees/walk_trees.h"

#ifdef __AVX512F__
#include <immintrin.h>
#endif

namespace trireme::trees {

#ifdef __AVX512F__

namespace {

// A row in 1, 2, 4 or 8 registers of 16 columns each: a split's column is found by a permutation of registers. A gather
// from memory does the same for any width and took nine times as long where processors guard against its leak.
template <int kRegisters>
class Row512 {
 public:
  explicit Row512(const float* row) : row_(row) {
    for (int i = 0; i < kRegisters; ++i) columns_[i] = _mm512_loadu_ps(row + 16 * i);
  }

  unsigned Below(const Block& block) const {
    return _mm256_cmp_ps_mask(Values(block), _mm256_load_ps(block.thresholds), _CMP_LT_OQ);
  }

  unsigned Missing(const Block& block) const {
    const __m256 values = Values(block);
    return _mm256_cmp_ps_mask(values, values, _CMP_UNORD_Q);
  }

  template <bool kMayMiss, bool kOdd>
  unsigned WayOut(const TreeBlocks& trees, const Block& block) const {
    return WayOutOfAll<kMayMiss, kOdd>(trees, block, *this);
  }

  const float* row() const { return row_; }

 private:
  // Of 32 columns; what is above is left out of the index.
  static __m256 Of32(__m512 low, __m256i index, __m512 high) {
    return _mm512_castps512_ps256(_mm512_permutex2var_ps(low, _mm512_castsi256_si512(index), high));
  }

  __m256 Values(const Block& block) const {
    const __m256i index = _mm256_cvtepu16_epi32(_mm_load_si128(reinterpret_cast<const __m128i*>(block.columns)));
    if constexpr (kRegisters == 1) {
      return _mm512_castps512_ps256(_mm512_permutexvar_ps(_mm512_castsi256_si512(index), columns_[0]));
    } else {
      __m256 values = Of32(columns_[0], index, columns_[1]);
      for (int i = 2; i < kRegisters; i += 2) {
        const __mmask8 is_here = _mm256_cmpge_epi32_mask(index, _mm256_set1_epi32(16 * i));
        values = _mm256_mask_mov_ps(values, is_here, Of32(columns_[i], index, columns_[i + 1]));
      }
      return values;
    }
  }

  __m512 columns_[kRegisters];
  const float* row_;
};

Walk ForColumns(uint32_t columns) {
  if (columns <= 16) return &WalkTrees<Row512<1>>;
  if (columns <= 32) return &WalkTrees<Row512<2>>;
  if (columns <= 64) return &WalkTrees<Row512<4>>;
  return &WalkTrees<Row512<8>>;
}

}  // namespace

VectorWalks Avx512Walks() {
  return {128, &ForColumns};
}

#else

VectorWalks Avx512Walks() {
  return {0, nullptr};
}

#endif

}  // namespace trireme::trees
