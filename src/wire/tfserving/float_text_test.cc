// SPDX-License-Identifier: Apache-2.0
#include "wire/tfserving/float_text.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace trireme::tfserving {
namespace {

template <typename T>
std::string Text(T value) {
  std::string text;
  AppendFloat(text, value);
  return text;
}

// The rule as it is told, with the C library.
std::string ByTheRule(float value) {
  char text[64];
  std::snprintf(text, sizeof text, "%g", static_cast<double>(value));
  if (std::strtof(text, nullptr) != value) std::snprintf(text, sizeof text, "%.9g", static_cast<double>(value));
  std::string whole = text;
  if (whole.find_first_of(".e") == std::string::npos) whole += ".0";
  return whole;
}

TEST(FloatText, IsThatOfTheServer) {
  EXPECT_EQ(Text(2.5F), "2.5");
  EXPECT_EQ(Text(3.0F), "3.0");
  EXPECT_EQ(Text(0.1F), "0.1");
  EXPECT_EQ(Text(9e6F), "9e+06");
  EXPECT_EQ(Text(1234567.0F), "1234567.0");
  EXPECT_EQ(Text(100000.0F), "100000.0");
  EXPECT_EQ(Text(1000000.0F), "1e+06");
  EXPECT_EQ(Text(0.0001F), "0.0001");
  EXPECT_EQ(Text(0.00001F), "1e-05");
  EXPECT_EQ(Text(1.0F / 3), "0.333333343");
  EXPECT_EQ(Text(-0.0F), "-0.0");
  EXPECT_EQ(Text(16777216.0F), "16777216.0");
  EXPECT_EQ(Text(0.1), "0.1");
  EXPECT_EQ(Text(1.0 / 3), "0.33333333333333331");
  EXPECT_EQ(Text(1e300), "1e+300");
}

TEST(FloatText, HasWordsForWhatIsNoNumber) {
  EXPECT_EQ(Text(std::numeric_limits<float>::quiet_NaN()), "NaN");
  EXPECT_EQ(Text(std::numeric_limits<float>::infinity()), "Infinity");
  EXPECT_EQ(Text(-std::numeric_limits<double>::infinity()), "-Infinity");
}

TEST(FloatText, IsTheRuleForAnyFloat) {
  uint32_t bits = 1;
  for (int i = 0; i < 300'000; ++i) {
    bits = bits * 1664525 + 1013904223;
    const auto any = std::bit_cast<float>(bits);
    const float everyday = static_cast<float>(bits >> 8) / 1e4F;
    const float near_one = static_cast<float>(bits) * 0x1p-32F;
    const float few_digits = static_cast<float>(bits % 100'000) / 1000.0F;
    for (const float value : {any, everyday, near_one, few_digits, -few_digits}) {
      if (std::isfinite(value)) {
        ASSERT_EQ(Text(value), ByTheRule(value)) << std::bit_cast<uint32_t>(value);
      }
    }
  }
}

TEST(FloatText, IsTheRuleAtPowersOfTenAndTwo) {
  for (int power = -45; power <= 38; ++power) {
    const float ten = std::strtof(("1e" + std::to_string(power)).c_str(), nullptr);
    for (const float value : {ten, std::nextafter(ten, 0.0F), std::nextafter(ten, 1e38F), ten * 5, ten * 9.999995F}) {
      if (!std::isfinite(value)) continue;
      EXPECT_EQ(Text(value), ByTheRule(value)) << power;
    }
  }
  for (int power = -149; power <= 127; ++power) {
    const float two = std::ldexp(1.0F, power);
    EXPECT_EQ(Text(two), ByTheRule(two)) << power;
  }
}

TEST(FloatText, SeparatesSeveralByCommas) {
  std::string text;
  const std::vector<float> few = {1, 2.5, -3};
  AppendFloats(text, std::span<const float>(few));
  EXPECT_EQ(text, "1.0, 2.5, -3.0");
  std::string many;
  const std::string one = "1.0, ";
  const std::vector<float> ones(1000, 1.0F);
  AppendFloats(many, std::span<const float>(ones));
  EXPECT_EQ(many.size(), 1000 * one.size() - 2);
}

}  // namespace
}  // namespace trireme::tfserving
