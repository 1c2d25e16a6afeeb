// SPDX-License-Identifier: Apache-2.0
#include "bench/report_text.h"

#include <array>
#include <chrono>
#include <cstdio>

namespace trireme::bench {

double Seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

double Microseconds(Duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

std::string Visible(std::string_view text) {
  std::string visible(text);
  for (size_t i = 0; i < visible.size(); ++i) {
    const auto c = static_cast<unsigned char>(visible[i]);
    // Those of U+0080 to U+009F too, which are two bytes.
    const bool is_c1 = c >= 0x80 && c < 0xa0 && i > 0 && visible[i - 1] == '\xc2';
    if (is_c1) visible[i - 1] = '?';
    if (c < ' ' || c == 0x7f || is_c1) visible[i] = '?';
  }
  return visible;
}

std::string CsvField(std::string_view text) {
  std::string field = "\"";
  if (!text.empty() && std::string_view("=+-@\t").find(text[0]) != std::string_view::npos) field += '\'';
  for (const char c : text) {
    if (c == '"') field += '"';
    field += c;
  }
  return field + "\"";
}

std::string PlainMarkdown(std::string_view text) {
  std::string plain;
  for (const char c : text) {
    if (c == '\n' || c == '\r') {
      plain += ' ';
      continue;
    }
    if (std::string_view("\\`*_[]<>|#").find(c) != std::string_view::npos) plain += '\\';
    plain += c;
  }
  return plain;
}

std::string Short(double value) {
  const int decimals = value >= 1000 ? 0 : value >= 100 ? 1 : value >= 10 ? 2 : 3;
  std::array<char, 64> text;
  return {text.data(), static_cast<size_t>(std::snprintf(text.data(), text.size(), "%.*f", decimals, value))};
}

std::string RoughBytes(uint64_t bytes) {
  static constexpr std::array<const char*, 4> kUnits = {" bytes", " KiB", " MiB", " GiB"};
  if (bytes < 1024) return std::to_string(bytes) + kUnits[0];
  auto amount = static_cast<double>(bytes);
  size_t unit = 0;
  for (; amount >= 1024 && unit + 1 < kUnits.size(); ++unit) amount /= 1024;
  return Short(amount) + kUnits[unit];
}

std::string ShortMilliseconds(Duration duration) {
  return Short(Microseconds(duration) / 1000);
}

std::string Describe(const Spread& spread, std::string_view unit) {
  return Short(spread.median) + std::string(unit) + "   (" + Short(spread.min) + " to " + Short(spread.max) + ")";
}

}  // namespace trireme::bench
