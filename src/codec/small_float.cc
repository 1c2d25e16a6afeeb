// SPDX-License-Identifier: Apache-2.0
#include "codec/small_float.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace trireme {
namespace {

struct Format {
  int mantissa_bits;
  int least_exponent;     // of a normal number
  int greatest_exponent;  // of a finite number
  uint16_t infinity;
};

constexpr Format kFp16{.mantissa_bits = 10, .least_exponent = -14, .greatest_exponent = 15, .infinity = 0x7C00};
constexpr Format kBf16{.mantissa_bits = 7, .least_exponent = -126, .greatest_exponent = 127, .infinity = 0x7F80};
constexpr uint16_t kSign = 0x8000;

uint16_t NarrowMagnitude(double magnitude, const Format& format) {
  if (std::isnan(magnitude)) return static_cast<uint16_t>(format.infinity | (1 << (format.mantissa_bits - 1)));
  if (magnitude == 0) return 0;
  // Numbers below the least exponent keep its spacing: they are subnormal.
  const int exponent =
      std::max(std::isinf(magnitude) ? format.greatest_exponent + 1 : std::ilogb(magnitude), format.least_exponent);
  if (exponent > format.greatest_exponent) return format.infinity;
  const auto steps = static_cast<int>(std::nearbyint(std::ldexp(magnitude, format.mantissa_bits - exponent)));
  // `steps` carries the leading 1 of a normal number, which counts as one exponent; a carry out of rounding counts as
  // the next, up to infinity.
  return static_cast<uint16_t>(((exponent - format.least_exponent) << format.mantissa_bits) + steps);
}

uint16_t Narrow(double value, const Format& format) {
  const uint16_t sign = std::signbit(value) ? kSign : 0;
  return sign | NarrowMagnitude(std::fabs(value), format);
}

}  // namespace

uint16_t NarrowToFp16(double value) {
  return Narrow(value, kFp16);
}
uint16_t NarrowToBf16(double value) {
  return Narrow(value, kBf16);
}

float WidenBf16(uint16_t bits) {
  return std::bit_cast<float>(uint32_t{bits} << 16);
}

float WidenFp16(uint16_t bits) {
  constexpr uint32_t kInfinity = 0x7F800000;
  constexpr uint32_t kBiasDifference = 112U << 23;
  const uint32_t sign = static_cast<uint32_t>(bits & kSign) << 16;
  const uint32_t magnitude = bits & 0x7FFFU;
  if (magnitude >= kFp16.infinity) return std::bit_cast<float>(sign | kInfinity | (magnitude & 0x3FFU) << 13);
  const bool subnormal = magnitude < 0x400;
  const float value =
      subnormal ? static_cast<float>(magnitude) * 0x1p-24F : std::bit_cast<float>((magnitude << 13) + kBiasDifference);
  return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(value));
}

}  // namespace trireme
