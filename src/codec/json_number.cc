// SPDX-License-Identifier: Apache-2.0
#include "codec/json_number.h"

#include <fast_float/fast_float.h>

#include <bit>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>

#include "codec/plain_decimal.h"

namespace trireme {
namespace {

using internal::IsDigit;

const char* DigitsEnd(const char* at, const char* end) {
  while (at != end && IsDigit(*at)) ++at;
  return at;
}

// Nothing where one step of rounding cannot settle it.
template <std::floating_point T>
std::optional<T> RoundQuickly(const PlainDecimal& number);

template <>
std::optional<double> RoundQuickly<double>(const PlainDecimal& number) {
  constexpr uint64_t kExact = uint64_t{1} << std::numeric_limits<double>::digits;
  if (number.mantissa > kExact) return std::nullopt;
  return Quotient(number);
}

// The quotient is within 2 units of the truth. Narrowing it rounds a second time, which only goes wrong where the
// quotient lies on (or that close to) the middle between two floats. Plain decimals are far from what a float cannot
// hold.
template <>
std::optional<float> RoundQuickly<float>(const PlainDecimal& number) {
  constexpr uint64_t kDropped = (uint64_t{1} << 29) - 1;  // bits of a double's mantissa that a float does not have
  constexpr uint64_t kMiddle = uint64_t{1} << 28;
  constexpr uint64_t kMargin = 4;
  const double quotient = Quotient(number);
  const uint64_t dropped = std::bit_cast<uint64_t>(quotient) & kDropped;
  if (dropped - (kMiddle - kMargin) <= 2 * kMargin) [[unlikely]]
    return std::nullopt;
  return static_cast<float>(quotient);
}

template <std::floating_point T>
ReadNumber<T> ReadFloating(const char* begin, const char* end) {
  const PlainDecimal plain = ScanPlainDecimal(begin, end);
  if (plain.end != nullptr) [[likely]] {
    if (const std::optional<T> value = RoundQuickly<T>(plain)) [[likely]]
      return {.value = *value, .end = plain.end};
  }
  // The library is laxer than JSON, so it is shown only what the grammar let through.
  const char* number_end = JsonNumberEnd(begin, end);
  if (number_end == nullptr) return {};
  T value{};
  fast_float::from_chars(begin, number_end, value);
  if (std::isinf(value)) return {};
  return {.value = value, .end = number_end};
}

// The magnitude of an integer, with wrapped-around ones refused.
ReadNumber<uint64_t> ReadMagnitude(const char* begin, const char* end) {
  if (begin == end || !IsDigit(*begin) || internal::HasLeadingZero(begin, end)) return {};
  uint64_t value = 0;
  const char* at = begin;
  for (; at != end && IsDigit(*at); ++at) {
    if (__builtin_mul_overflow(value, 10U, &value)) return {};
    if (__builtin_add_overflow(value, static_cast<uint64_t>(*at - '0'), &value)) return {};
  }
  if (at != end && (*at == '.' || *at == 'e' || *at == 'E')) return {};
  return {.value = value, .end = at};
}

template <std::integral T>
ReadNumber<T> ReadInteger(const char* begin, const char* end) {
  const bool negative = begin != end && *begin == '-';
  const ReadNumber<uint64_t> magnitude = ReadMagnitude(begin + (negative ? 1 : 0), end);
  if (magnitude.end == nullptr) return {};
  constexpr auto kMax = static_cast<uint64_t>(std::numeric_limits<T>::max());
  constexpr uint64_t kMaxNegative = std::is_signed_v<T> ? kMax + 1 : 0;
  if (magnitude.value > (negative ? kMaxNegative : kMax)) return {};
  return {.value = static_cast<T>(negative ? 0 - magnitude.value : magnitude.value), .end = magnitude.end};
}

}  // namespace

const char* JsonNumberEnd(const char* begin, const char* end) {
  const char* at = begin;
  if (at != end && *at == '-') ++at;
  if (at == end || !IsDigit(*at) || internal::HasLeadingZero(at, end)) return nullptr;
  at = DigitsEnd(at, end);
  if (at != end && *at == '.') {
    const char* fraction = at + 1;
    at = DigitsEnd(fraction, end);
    if (at == fraction) return nullptr;
  }
  if (at != end && (*at == 'e' || *at == 'E')) {
    const char* exponent = at + 1;
    if (exponent != end && (*exponent == '+' || *exponent == '-')) ++exponent;
    at = DigitsEnd(exponent, end);
    if (at == exponent) return nullptr;
  }
  return at;
}

template <typename T>
ReadNumber<T> ReadJsonNumber(const char* begin, const char* end) {
  if constexpr (std::floating_point<T>) {
    return ReadFloating<T>(begin, end);
  } else {
    return ReadInteger<T>(begin, end);
  }
}

template ReadNumber<int8_t> ReadJsonNumber(const char*, const char*);
template ReadNumber<int16_t> ReadJsonNumber(const char*, const char*);
template ReadNumber<int32_t> ReadJsonNumber(const char*, const char*);
template ReadNumber<int64_t> ReadJsonNumber(const char*, const char*);
template ReadNumber<uint8_t> ReadJsonNumber(const char*, const char*);
template ReadNumber<uint16_t> ReadJsonNumber(const char*, const char*);
template ReadNumber<uint32_t> ReadJsonNumber(const char*, const char*);
template ReadNumber<uint64_t> ReadJsonNumber(const char*, const char*);
template ReadNumber<float> ReadJsonNumber(const char*, const char*);
template ReadNumber<double> ReadJsonNumber(const char*, const char*);

}  // namespace trireme
