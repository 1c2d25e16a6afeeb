// SPDX-License-Identifier: Apache-2.0
#include "transform/python_json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "base/utf8.h"

namespace trireme::transform {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

uint32_t CodePoint(std::string_view sequence) {
  const auto byte = [&](size_t i) { return static_cast<uint32_t>(static_cast<unsigned char>(sequence[i])); };
  if (sequence.size() == 1) return byte(0);
  uint32_t point = byte(0) & (0x7FU >> sequence.size());
  for (size_t i = 1; i < sequence.size(); ++i) point = point << 6 | (byte(i) & 0x3FU);
  return point;
}

void AppendUnit(std::string& out, uint32_t unit) {
  constexpr char kDigits[] = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kDigits[unit >> shift & 15];
}

void AppendEscaped(std::string& out, uint32_t point) {
  constexpr uint32_t kFirstBeyond = 0x10000;
  if (point < kFirstBeyond) return AppendUnit(out, point);
  AppendUnit(out, 0xD800 + ((point - kFirstBeyond) >> 10));
  AppendUnit(out, 0xDC00 + ((point - kFirstBeyond) & 0x3FF));
}

void AppendCharacter(std::string& out, uint32_t point) {
  constexpr std::string_view kNamed = "\"\\\n\r\t\f\b";
  constexpr std::string_view kNames = "\"\\nrtfb";
  if (const size_t i = point < 0x80 ? kNamed.find(static_cast<char>(point)) : std::string_view::npos;
      i != std::string_view::npos) {
    out += '\\';
    out += kNames[i];
  } else if (point >= ' ' && point <= '~') {
    out += static_cast<char>(point);
  } else {
    AppendEscaped(out, point);
  }
}

// Digits d.ddd and a power of ten, taken from the standard library's shortest form.
struct Decimal {
  std::string_view digits;  // without the point
  int exponent = 0;         // of the first digit
};

Decimal Split(char* begin, const char* end) {
  const char* e = std::find(static_cast<const char*>(begin), end, 'e');
  Decimal decimal;
  const char* sign = e + 1;
  std::from_chars(*sign == '+' ? sign + 1 : sign, end, decimal.exponent);
  const auto length = static_cast<size_t>(e - begin);
  if (length > 1) begin[1] = begin[0];  // over the point
  decimal.digits = length > 1 ? std::string_view(begin + 1, length - 1) : std::string_view(begin, 1);
  return decimal;
}

void AppendPlain(std::string& out, const Decimal& decimal) {
  const std::string_view digits = decimal.digits;
  if (decimal.exponent < 0) {
    out.append("0.").append(static_cast<size_t>(-1 - decimal.exponent), '0').append(digits);
    return;
  }
  const size_t whole = static_cast<size_t>(decimal.exponent) + 1;
  if (whole >= digits.size()) {
    out.append(digits).append(whole - digits.size(), '0').append(".0");
  } else {
    out.append(digits.substr(0, whole)).append(".").append(digits.substr(whole));
  }
}

void AppendScientific(std::string& out, const Decimal& decimal) {
  out += decimal.digits[0];
  if (decimal.digits.size() > 1) out.append(".").append(decimal.digits.substr(1));
  const int exponent = std::abs(decimal.exponent);
  out += decimal.exponent < 0 ? "e-" : "e+";
  if (exponent < 10) out += '0';
  out += std::to_string(exponent);
}

}  // namespace

void AppendPythonFloat(std::string& out, double value) {
  CHECK(std::isfinite(value));
  if (std::signbit(value)) out += '-';
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, std::fabs(value), std::chars_format::scientific).ptr;
  const Decimal decimal = Split(text, end);
  // Python's bounds for writing a number without an exponent.
  if (decimal.exponent >= -4 && decimal.exponent < 16) {
    AppendPlain(out, decimal);
  } else {
    AppendScientific(out, decimal);
  }
}

void AppendPythonString(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const size_t length = Utf8SequenceLength(text);
    AppendCharacter(out, CodePoint(length > 0 ? text.substr(0, length) : kReplacement));
    text.remove_prefix(std::max<size_t>(1, length));
  }
  out += '"';
}

}  // namespace trireme::transform
