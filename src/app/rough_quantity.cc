// SPDX-License-Identifier: Apache-2.0
#include "app/rough_quantity.h"

#include <array>
#include <cstdio>

namespace trireme {
namespace {

std::string WithUnit(double value, int decimals, const char* unit) {
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), "%.*f %s", decimals, value, unit);
  return text.data();
}

}  // namespace

std::string RoughBytes(uint64_t bytes) {
  static constexpr std::array<const char*, 5> kUnits = {"bytes", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return WithUnit(value, unit == 0 || value >= 100 ? 0 : 1, kUnits.at(unit));
}

std::string RoughTime(std::chrono::duration<double> time) {
  static constexpr std::array<const char*, 3> kUnits = {"us", "ms", "s"};
  double value = time.count() * 1e6;
  size_t unit = 0;
  for (; value >= 999.5 && unit + 1 < kUnits.size(); ++unit) value /= 1000;
  return WithUnit(value, value >= 9.95 || unit == 0 ? 0 : 1, kUnits.at(unit));
}

std::string RoughAge(std::chrono::duration<double> age) {
  struct Unit {
    int64_t seconds;
    const char* name;
  };
  static constexpr std::array<Unit, 4> kUnits = {{{86'400, "d"}, {3'600, "h"}, {60, "m"}, {1, "s"}}};
  for (const Unit& unit : kUnits) {
    const auto count = static_cast<int64_t>(age.count() / static_cast<double>(unit.seconds));
    if (count > 0) return std::to_string(count) + unit.name;
  }
  return "now";
}

}  // namespace trireme
