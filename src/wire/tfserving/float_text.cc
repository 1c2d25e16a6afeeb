// SPDX-License-Identifier: Apache-2.0
#include "wire/tfserving/float_text.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>

namespace trireme::tfserving {
namespace {

constexpr size_t kMostLetters = 32;  // sign, 17 digits, point, exponent; ".0"
constexpr int kShortDigits = 6;      // of printf's %g
constexpr int kFloatDigits = 9;      // that tell every float from every other
constexpr int kDoubleDigits = 17;

char* Put(char* to, std::string_view text) {
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

template <typename T>
char* PutNonFinite(char* to, T value) {
  if (std::isnan(value)) return Put(to, "NaN");
  return Put(to, value > 0 ? "Infinity" : "-Infinity");
}

char* PutPointIfNone(char* begin, char* end) {
  const auto tells = [](char c) { return c == '.' || c == 'e'; };
  return std::any_of(begin, end, tells) ? end : Put(end, ".0");
}

// For any finite number, with the library's arithmetic.
template <typename T>
char* PutSlowly(char* to, T value) {
  constexpr int kLong = sizeof(T) == sizeof(float) ? kFloatDigits : kDoubleDigits;
  char* end = std::to_chars(to, to + kMostLetters, value, std::chars_format::general, kShortDigits).ptr;
  T back{};
  (void)std::from_chars(to, end, back);  // what is beyond the largest leaves 0, which is another number
  if (back != value) end = std::to_chars(to, to + kMostLetters, value, std::chars_format::general, kLong).ptr;
  return PutPointIfNone(to, end);
}

// The quick way, for floats of everyday size: a float has 24 bits and 10^22 fits a double exactly, so one
// multiplication gives its digits with 23 bits to spare for rounding. Where these do not settle it, the slow way does.

constexpr int kMostPower = 22;
constexpr std::array<double, kMostPower + 1> kPowers = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                        1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                        1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

constexpr double kLeast = 1e-13;  // down to which 8 - exponent is a power that we have
constexpr double kMost = 1e15;
constexpr int kLeastPower = -13;
constexpr std::array<double, 29> kBounds = {1e-13, 1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4,
                                            1e-3,  1e-2,  1e-1,  1e0,   1e1,  1e2,  1e3,  1e4,  1e5,  1e6,
                                            1e7,   1e8,   1e9,   1e10,  1e11, 1e12, 1e13, 1e14, 1e15};

double Scaled(double value, int power) {
  return power >= 0 ? value * kPowers[static_cast<size_t>(power)] : value / kPowers[static_cast<size_t>(-power)];
}

// floor(log10(value)) for kLeast <= value < kMost.
int ExponentOf(double value) {
  const auto binary = static_cast<int>(std::bit_cast<uint64_t>(value) >> 52) - 1023;
  const int guess = (binary * 1233) >> 12;  // log10(2) = 0.30103 = 1233/4096 nearly; never too large
  return kBounds[static_cast<size_t>(guess + 1 - kLeastPower)] <= value ? guess + 1 : guess;
}

struct Decimal {
  uint32_t digits = 0;  // as many as were asked for
  int exponent = 0;     // of the first of them
};

// The value to so many digits, correctly rounded; nothing where it lies too close to the middle between two.
std::optional<Decimal> RoundTo(double value, int exponent, int digits) {
  constexpr double kMargin = 1e-6;  // the product is within 2^-23 of the truth
  const double scaled = Scaled(value, digits - 1 - exponent);
  const double floor = std::floor(scaled);
  const double rest = scaled - floor;
  if (std::abs(rest - 0.5) < kMargin) [[unlikely]]
    return std::nullopt;
  auto rounded = static_cast<uint32_t>(floor) + (rest > 0.5 ? 1 : 0);
  if (rounded == static_cast<uint32_t>(kPowers[static_cast<size_t>(digits)])) {
    return Decimal{.digits = rounded / 10, .exponent = exponent + 1};
  }
  return Decimal{.digits = rounded, .exponent = exponent};
}

// Whether so many digits read back as this float; nothing where the quotient, which is rounded twice, does not say.
std::optional<bool> ReadsBack(const Decimal& decimal, int digits, float value) {
  constexpr uint64_t kDropped = (uint64_t{1} << 29) - 1;  // bits of a double's mantissa that a float does not have
  constexpr uint64_t kMiddle = uint64_t{1} << 28;
  const double quotient = Scaled(decimal.digits, decimal.exponent - digits + 1);
  const uint64_t dropped = std::bit_cast<uint64_t>(quotient) & kDropped;
  if (dropped - (kMiddle - 1) <= 2) [[unlikely]]
    return std::nullopt;
  return static_cast<float>(quotient) == value;
}

// Takes zeros away that end a fraction; one digit stays.
char* WithoutZeros(char* end) {
  while (end[-1] == '0' && end[-2] != '.') --end;
  return end;
}

char* PutWithExponent(char* to, const Decimal& decimal) {
  char* const first = to;
  char* end = std::to_chars(to + 1, to + kMostLetters, decimal.digits).ptr;
  *first = first[1];
  first[1] = '.';
  while (end[-1] == '0') --end;
  if (end[-1] == '.') --end;
  *end++ = 'e';
  *end++ = decimal.exponent < 0 ? '-' : '+';
  const int size = std::abs(decimal.exponent);
  *end++ = static_cast<char>('0' + size / 10);
  *end++ = static_cast<char>('0' + size % 10);
  return end;
}

// As printf's %g lays them out, with a point in any case. The decimal has as many digits as the precision. More is
// copied than is wanted, since lengths that are known beforehand cost next to nothing: there is room for kMostLetters.
char* PutDecimal(char* to, const Decimal& decimal, int precision) {
  constexpr size_t kFraction = 16;
  constexpr char kZeros[9] = "0.000000";
  const int exponent = decimal.exponent;
  if (exponent < -4 || exponent >= precision) return PutWithExponent(to, decimal);
  if (exponent < 0) {
    std::memcpy(to, kZeros, sizeof kZeros - 1);
    to += 1 - exponent;
    return WithoutZeros(std::to_chars(to, to + kFraction, decimal.digits).ptr);
  }
  char* const point = to + exponent + 1;
  char* const end = std::to_chars(to, to + kFraction, decimal.digits).ptr;
  if (point == end) return Put(end, ".0");
  char fraction[kFraction];
  std::memcpy(fraction, point, kFraction);
  *point = '.';
  std::memcpy(point + 1, fraction, kFraction);
  return WithoutZeros(end + 1);
}

// Whether the value, which is this to nine digits, may be what six digits of it are read back as: these are then no
// farther from it than half the way to the next float, which is 2^-24 of it at most, 60 of the last of nine digits.
bool MayNeedFew(const Decimal& many) {
  constexpr uint32_t kDroppedDigits = 1000;
  constexpr uint32_t kHalfWay = 62;
  const uint32_t dropped = many.digits % kDroppedDigits;
  return dropped <= kHalfWay || dropped >= kDroppedDigits - kHalfWay;
}

// nullptr: the quick way does not settle it.
char* PutQuickly(char* to, float value) {
  const double size = std::abs(static_cast<double>(value));
  if (!(size >= kLeast && size < kMost)) return nullptr;
  if (value < 0) *to++ = '-';
  const int exponent = ExponentOf(size);
  const std::optional<Decimal> many = RoundTo(size, exponent, kFloatDigits);
  if (!many) return nullptr;
  if (!MayNeedFew(*many)) return PutDecimal(to, *many, kFloatDigits);
  const std::optional<Decimal> few = RoundTo(size, exponent, kShortDigits);
  if (!few) return nullptr;
  const std::optional<bool> suffices = ReadsBack(*few, kShortDigits, static_cast<float>(size));
  if (!suffices) return nullptr;
  return *suffices ? PutDecimal(to, *few, kShortDigits) : PutDecimal(to, *many, kFloatDigits);
}

char* PutNumber(char* to, float value) {
  if (!std::isfinite(value)) [[unlikely]]
    return PutNonFinite(to, value);
  if (char* end = PutQuickly(to, value)) [[likely]]
    return end;
  return PutSlowly(to, value);
}

char* PutNumber(char* to, double value) {
  return std::isfinite(value) ? PutSlowly(to, value) : PutNonFinite(to, value);
}

template <typename T>
void AppendOne(std::string& out, T value) {
  char text[kMostLetters];
  out.append(text, PutNumber(text, value));
}

template <typename T>
void AppendAll(std::string& out, std::span<const T> values) {
  constexpr size_t kPiece = 256;
  char text[kPiece * (kMostLetters + 2)];
  while (!values.empty()) {
    const std::span<const T> piece = values.first(std::min(kPiece, values.size()));
    values = values.subspan(piece.size());
    char* to = text;
    for (const T value : piece) to = Put(PutNumber(to, value), ", ");
    if (values.empty()) to -= 2;  // no comma behind the last
    out.append(text, to);
  }
}

}  // namespace

void AppendFloat(std::string& out, float value) {
  AppendOne(out, value);
}
void AppendFloat(std::string& out, double value) {
  AppendOne(out, value);
}
void AppendFloats(std::string& out, std::span<const float> values) {
  AppendAll(out, values);
}
void AppendFloats(std::string& out, std::span<const double> values) {
  AppendAll(out, values);
}

}  // namespace trireme::tfserving
