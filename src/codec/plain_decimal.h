// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE4_1__)
#include <smmintrin.h>
#endif

namespace trireme {

// The numbers that tensors are made of: "-12.375", no exponent and not too many digits. Its value is
// mantissa / 10^decimals, both exact. Everything else is left to the slow way.
struct PlainDecimal {
  static constexpr uint64_t kFullMantissa = 100'000'000'000'000'000;  // one more digit still fits, a second might not
  static constexpr size_t kMaxDecimals = 22;                          // 10^22 is the last power that a double holds

  const char* end = nullptr;  // nullptr: not a plain decimal, or not JSON at all
  uint64_t mantissa = 0;
  size_t decimals = 0;
  bool negative = false;
};

namespace internal {

inline bool IsDigit(char c) {
  return static_cast<unsigned char>(c - '0') <= 9;
}

// Goes on digit by digit from `at`, where the number has `seen_point` or not, up to its end.
inline PlainDecimal FinishPlainDecimal(PlainDecimal number, const char* at, const char* end, bool seen_point) {
  for (; at != end; ++at) {
    if (IsDigit(*at)) {
      if (number.mantissa > PlainDecimal::kFullMantissa) return {};
      number.mantissa = number.mantissa * 10 + static_cast<uint64_t>(*at - '0');
      number.decimals += seen_point ? 1 : 0;
    } else if (*at == '.' && !seen_point) {
      seen_point = true;
      if (at + 1 == end || !IsDigit(at[1])) return {};
    } else {
      break;
    }
  }
  if (at != end && (*at | 0x20) == 'e') return {};
  if (number.decimals > PlainDecimal::kMaxDecimals) return {};
  number.end = at;
  return number;
}

inline bool HasLeadingZero(const char* at, const char* end) {
  return *at == '0' && end - at > 1 && IsDigit(at[1]);
}

}  // namespace internal

// The portable way.
inline PlainDecimal ScanPlainDecimalBytewise(const char* at, const char* end) {
  PlainDecimal number;
  if (at != end && *at == '-') {
    number.negative = true;
    ++at;
  }
  if (at == end || !internal::IsDigit(*at) || internal::HasLeadingZero(at, end)) return {};
  return internal::FinishPlainDecimal(number, at, end, false);
}

#if defined(__SSE4_1__)

namespace internal {

inline constexpr size_t kLane = 16;

// Byte shuffles that drop the point at position `point` (kLane: there is none) from `length` characters and move the
// digits to the right end of the lane, zeros before them.
struct DigitShuffles {
  alignas(kLane) uint8_t bytes[kLane + 1][kLane + 1][kLane];
};

constexpr DigitShuffles MakeDigitShuffles() {
  DigitShuffles table{};
  constexpr uint8_t kZero = 0x80;
  for (size_t point = 0; point <= kLane; ++point) {
    for (size_t length = 0; length <= kLane; ++length) {
      const size_t digits = point < length ? length - 1 : length;
      for (size_t i = 0; i < kLane; ++i) {
        if (i + digits < kLane) {
          table.bytes[point][length][i] = kZero;
          continue;
        }
        const size_t digit = i + digits - kLane;
        table.bytes[point][length][i] = static_cast<uint8_t>(digit >= point ? digit + 1 : digit);
      }
    }
  }
  return table;
}

inline constexpr DigitShuffles kDigitShuffles = MakeDigitShuffles();

// Up to 16 characters, zeros behind the end: nothing outside the text is touched.
inline __m128i LoadLane(const char* at, const char* end) {
  if (static_cast<size_t>(end - at) >= kLane) [[likely]] {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  }
  alignas(kLane) char lane[kLane] = {};
  std::memcpy(lane, at, static_cast<size_t>(end - at));
  return _mm_load_si128(reinterpret_cast<const __m128i*>(lane));
}

// 16 digits, most significant first, to their value: pairs, fours, eights.
inline uint64_t ValueOfDigits(__m128i digits) {
  const __m128i tens = _mm_set1_epi16(0x010A);
  const __m128i hundreds = _mm_set1_epi32(0x00010064);
  const __m128i ten_thousands = _mm_set1_epi32(0x00012710);
  __m128i value = _mm_madd_epi16(_mm_maddubs_epi16(digits, tens), hundreds);
  value = _mm_madd_epi16(_mm_packus_epi32(value, value), ten_thousands);
  const auto halves = static_cast<uint64_t>(_mm_cvtsi128_si64(value));
  return (halves & 0xFFFFFFFF) * 100'000'000 + (halves >> 32);
}

}  // namespace internal

// One load for the first 16 characters after the sign: find the point and the end of the digits, push the digits
// together, and multiply and add them in three steps. What is longer goes on bytewise.
inline PlainDecimal ScanPlainDecimal(const char* at, const char* end) {
  using internal::kLane;
  PlainDecimal number;
  if (at == end) return {};
  number.negative = *at == '-';
  at += number.negative ? 1 : 0;
  const __m128i text = internal::LoadLane(at, end);
  const __m128i digits = _mm_sub_epi8(text, _mm_set1_epi8('0'));
  const __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(digits, _mm_set1_epi8(9)), digits);
  const auto digit_mask = static_cast<uint32_t>(_mm_movemask_epi8(is_digit));
  const auto point_mask = static_cast<uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(text, _mm_set1_epi8('.'))));
  constexpr uint32_t kEnd = 1U << kLane;
  const auto point = static_cast<size_t>(std::countr_zero(point_mask | kEnd));
  const auto length = static_cast<size_t>(std::countr_zero((~(digit_mask | (1U << point)) & (kEnd - 1)) | kEnd));

  // JSON wants a digit first and behind the point, and no 0 before other digits. Bit 1 says whether a second one
  // follows.
  const bool leading_zero = (digit_mask & 2) != 0 && *at == '0';
  if ((digit_mask & 1) == 0 || point + 1 == length || leading_zero) [[unlikely]]
    return {};
  const auto* shuffle = reinterpret_cast<const __m128i*>(internal::kDigitShuffles.bytes[point][length]);
  number.mantissa = internal::ValueOfDigits(_mm_shuffle_epi8(digits, _mm_load_si128(shuffle)));
  number.decimals = point < length ? length - point - 1 : 0;
  if (length == kLane) [[unlikely]] {
    return internal::FinishPlainDecimal(number, at + kLane, end, point < kLane);
  }
  number.end = at + length;
  if (number.end != end && (*number.end | 0x20) == 'e') [[unlikely]]
    return {};
  return number;
}

#else

inline PlainDecimal ScanPlainDecimal(const char* at, const char* end) {
  return ScanPlainDecimalBytewise(at, end);
}

#endif

// The double nearest to mantissa / 10^decimals if the mantissa is at most 2^53: one division of exact operands. Beyond
// that two roundings, together less than 2 units in the last place.
inline double Quotient(const PlainDecimal& number) {
  static constexpr std::array<double, PlainDecimal::kMaxDecimals + 1> kPowers = {
      1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
      1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  const double quotient = static_cast<double>(static_cast<int64_t>(number.mantissa)) / kPowers[number.decimals];
  return std::bit_cast<double>(std::bit_cast<uint64_t>(quotient) | uint64_t{number.negative} << 63);
}

}  // namespace trireme
