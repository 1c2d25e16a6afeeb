// SPDX-License-Identifier: Apache-2.0
#include "codec/json_writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include "codec/json_cursor.h"

namespace trireme {
namespace {

template <typename T>
std::string Text(T value) {
  std::string text;
  AppendJsonNumber(text, value);
  return text;
}

template <typename T>
std::string Texts(const std::vector<T>& values) {
  std::string text = "[";
  AppendJsonNumbers(text, std::span<const T>(values));
  return text + "]";
}

TEST(JsonWriterTest, WritesTheExtremesOfEveryType) {
  EXPECT_EQ(Text(std::numeric_limits<int8_t>::min()), "-128");
  EXPECT_EQ(Text(std::numeric_limits<uint8_t>::max()), "255");
  EXPECT_EQ(Text(std::numeric_limits<int16_t>::min()), "-32768");
  EXPECT_EQ(Text(std::numeric_limits<uint16_t>::max()), "65535");
  EXPECT_EQ(Text(std::numeric_limits<int32_t>::min()), "-2147483648");
  EXPECT_EQ(Text(std::numeric_limits<uint32_t>::max()), "4294967295");
  EXPECT_EQ(Text(std::numeric_limits<int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(Text(std::numeric_limits<uint64_t>::max()), "18446744073709551615");
  EXPECT_EQ(Text(-std::numeric_limits<float>::min()), "-1.1754944e-38");
  EXPECT_EQ(Text(-std::numeric_limits<double>::min()), "-2.2250738585072014e-308");
}

TEST(JsonWriterTest, WritesTheShortestFloatThatReadsBackTheSame) {
  EXPECT_EQ(Text(0.1F), "0.1");
  EXPECT_EQ(Text(0.1), "0.1");
  EXPECT_EQ(Text(1.0F), "1");
  EXPECT_EQ(Text(-0.0F), "-0");
  EXPECT_EQ(Text(16777216.0F), "16777216");
  EXPECT_EQ(Text(1e20F), "1e+20");
}

TEST(JsonWriterTest, WritesTokensForWhatIsNoNumber) {
  EXPECT_EQ(Text(std::numeric_limits<float>::quiet_NaN()), "NaN");
  EXPECT_EQ(Text(-std::numeric_limits<double>::quiet_NaN()), "NaN");
  EXPECT_EQ(Text(std::numeric_limits<float>::infinity()), "Infinity");
  EXPECT_EQ(Text(-std::numeric_limits<double>::infinity()), "-Infinity");
}

TEST(JsonWriterTest, PutsCommasBetweenOnly) {
  EXPECT_EQ(Texts<int32_t>({}), "[]");
  EXPECT_EQ(Texts<int32_t>({1}), "[1]");
  EXPECT_EQ(Texts<float>({1.5F, -2.0F}), "[1.5,-2]");
}

TEST(JsonWriterTest, ReadsBackTheSameAcrossPieces) {
  std::mt19937 random(3);
  for (const size_t count : {511U, 512U, 513U, 5000U}) {
    std::vector<float> values(count);
    for (float& value : values) value = static_cast<float>(random()) / 65536.0F - 1000.0F;
    const std::string text = Texts(values);
    JsonCursor json(text);
    ASSERT_TRUE(json.EnterArray());
    std::vector<float> back(count);
    EXPECT_EQ(json.ReadNumbers<float>(back), count);
    EXPECT_FALSE(json.NextElement());
    EXPECT_TRUE(json.Finish());
    EXPECT_EQ(back, values);
  }
}

}  // namespace
}  // namespace trireme
