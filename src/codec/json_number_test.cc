// SPDX-License-Identifier: Apache-2.0
#include "codec/json_number.h"

#include <gtest/gtest.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "codec/plain_decimal.h"

namespace trireme {
namespace {

template <typename T>
std::optional<T> Read(std::string_view text) {
  const ReadNumber<T> number = ReadJsonNumber<T>(text.data(), text.data() + text.size());
  if (number.end == nullptr) return std::nullopt;
  EXPECT_EQ(number.end, text.data() + text.size()) << text;
  return number.value;
}

template <typename T>
void ExpectRange() {
  const std::string least = std::to_string(std::numeric_limits<T>::min());
  const std::string most = std::to_string(std::numeric_limits<T>::max());
  EXPECT_EQ(Read<T>(least), std::numeric_limits<T>::min());
  EXPECT_EQ(Read<T>(most), std::numeric_limits<T>::max());
  std::string beyond = most;
  ++beyond.back();  // no maximum ends in 9
  EXPECT_EQ(Read<T>(beyond), std::nullopt) << beyond;
  EXPECT_EQ(Read<T>(most + "0"), std::nullopt);
  std::string below = std::is_signed_v<T> ? least : "-0";
  ++below.back();
  EXPECT_EQ(Read<T>(below), std::nullopt) << below;
}

TEST(JsonNumberTest, IntegersFitTheirTypeOrAreRefused) {
  ExpectRange<int8_t>();
  ExpectRange<int16_t>();
  ExpectRange<int32_t>();
  ExpectRange<int64_t>();
  ExpectRange<uint8_t>();
  ExpectRange<uint16_t>();
  ExpectRange<uint32_t>();
  ExpectRange<uint64_t>();
  EXPECT_EQ(Read<uint64_t>("184467440737095516150"), std::nullopt);
  EXPECT_EQ(Read<int64_t>("-9223372036854775809"), std::nullopt);
  EXPECT_EQ(Read<uint8_t>("-0"), 0);
}

TEST(JsonNumberTest, IntegersAreSpelledAsIntegers) {
  for (const std::string_view text : {"1.0", "1e0", "1E2", "01", "-", "", "+1", "x", "-x", "1."}) {
    EXPECT_EQ(Read<int32_t>(text), std::nullopt) << text;
  }
}

TEST(JsonNumberTest, FloatingNumbersFollowTheGrammar) {
  for (const std::string_view text : {"", "-", "01", "-01", ".5", "5.", "-.5", "1e", "1e+", "1.e5", "+1", "e5", "nan",
                                      "NaN", "inf", "Infinity", "00", "00000000000000000001", "0123456789012345678"}) {
    EXPECT_EQ(Read<float>(text), std::nullopt) << text;
    EXPECT_EQ(Read<double>(text), std::nullopt) << text;
  }
}

TEST(JsonNumberTest, StopsWhereTheNumberStops) {
  for (const std::string_view text : {"1.5,", "1.5]", "1.5 ", "1.5.5", "1.5-", "1.5x", "1.5\0"}) {
    const ReadNumber<float> number = ReadJsonNumber<float>(text.data(), text.data() + text.size());
    EXPECT_EQ(number.end, text.data() + 3) << text;
    EXPECT_EQ(number.value, 1.5F);
  }
}

template <typename T>
T Truth(const std::string& text) {
  if constexpr (std::is_same_v<T, float>) return std::strtof(text.c_str(), nullptr);
  return static_cast<T>(std::strtod(text.c_str(), nullptr));
}

template <typename T>
void ExpectRounded(const std::string& text) {
  const std::optional<T> value = Read<T>(text);
  const T truth = Truth<T>(text);
  if (std::isinf(truth)) {
    EXPECT_EQ(value, std::nullopt) << text;
    return;
  }
  ASSERT_TRUE(value.has_value()) << text;
  EXPECT_EQ(std::memcmp(&*value, &truth, sizeof truth), 0) << text << " gave " << *value << ", not " << truth;
}

TEST(JsonNumberTest, RoundsHardCasesCorrectly) {
  for (const std::string text : {"0",
                                 "-0",
                                 "-0.0",
                                 "0.0000000000000000",
                                 "1",
                                 "16777217",
                                 "16777219",
                                 "16777217.0000000001",
                                 "33554433",
                                 "1.00000005960464477539062499",
                                 "1.000000059604644775390625",
                                 "1.00000005960464477539062501",
                                 "9007199254740993",
                                 "9007199254740992",
                                 "999999999999999999",
                                 "99999999999999999999",
                                 "0.1",
                                 "0.10000000149011612",
                                 "3.4028234663852886e38",
                                 "3.4028235677973366e38",
                                 "3.4028236e38",
                                 "1e39",
                                 "-1e39",
                                 "1e308",
                                 "1.7976931348623157e308",
                                 "1.7976931348623159e308",
                                 "1e309",
                                 "1e-45",
                                 "7e-46",
                                 "5e-324",
                                 "2e-324",
                                 "1e-400",
                                 "0.000000000000000000000012345",
                                 "123456789012345.6",
                                 "1234567890123456.7",
                                 "12345678901234567.8",
                                 "0.12345678901234567",
                                 "0.123456789012345678901234567890",
                                 "100000000000000000000000",
                                 "1e22",
                                 "1e23",
                                 "8.5899345919999999e9",
                                 "179769313486231570000000000000000000000"}) {
    ExpectRounded<float>(text);
    ExpectRounded<double>(text);
    ExpectRounded<float>("-" + text.substr(text[0] == '-' ? 1 : 0));
  }
}

TEST(JsonNumberTest, RoundsWhatFloatsAreWrittenAsCorrectly) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 200'000; ++i) {
    const auto bits = static_cast<uint32_t>(random());
    const float value = std::bit_cast<float>(i % 2 == 0 ? bits : (bits & 0x80FFFFFFU) | 0x3B000000U);
    if (!std::isfinite(value)) continue;
    std::array<char, 64> text{};
    const auto shortest = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    ExpectRounded<float>(std::string(text.data(), shortest));
    const auto widened = std::to_chars(text.data(), text.data() + text.size(), double{value}).ptr;
    ExpectRounded<float>(std::string(text.data(), widened));
    ExpectRounded<double>(std::string(text.data(), widened));
  }
}

// Halfway between two floats, and a little to either side.
TEST(JsonNumberTest, RoundsAroundTheMiddleOfTwoFloatsCorrectly) {
  std::mt19937_64 random(11);
  for (int i = 0; i < 50'000; ++i) {
    const auto bits = static_cast<uint32_t>(random() % 0x08000000U) + 0x3C000000U;
    const float low = std::bit_cast<float>(bits);
    const double middle = (double{low} + double{std::bit_cast<float>(bits + 1)}) / 2;
    std::array<char, 128> text{};
    for (const int digits : {14, 16, 17, 18, 40}) {
      const auto end =
          std::to_chars(text.data(), text.data() + text.size(), middle, std::chars_format::fixed, digits).ptr;
      ExpectRounded<float>(std::string(text.data(), end));
    }
  }
}

std::string RandomDecimal(std::mt19937_64& random) {
  constexpr std::string_view kLetters = "0123456789012345678901234567890.-e";
  std::string text;
  const size_t length = 1 + random() % 24;
  for (size_t i = 0; i < length; ++i) text += kLetters[random() % kLetters.size()];
  return text;
}

TEST(JsonNumberTest, PortableAndVectorScanAgree) {
  std::mt19937_64 random(13);
  int plain = 0;
  for (int i = 0; i < 300'000; ++i) {
    const std::string text = RandomDecimal(random);
    const char* end = text.data() + text.size();
    const PlainDecimal vector = ScanPlainDecimal(text.data(), end);
    if (vector.end == nullptr) continue;  // it may leave more to the slow way
    const PlainDecimal portable = ScanPlainDecimalBytewise(text.data(), end);
    ++plain;
    EXPECT_EQ(vector.end, portable.end) << text;
    EXPECT_EQ(vector.mantissa, portable.mantissa) << text;
    EXPECT_EQ(vector.decimals, portable.decimals) << text;
    EXPECT_EQ(vector.negative, portable.negative) << text;
    EXPECT_EQ(vector.end, JsonNumberEnd(text.data(), end)) << text;
  }
  EXPECT_GT(plain, 100'000);
}

}  // namespace
}  // namespace trireme
