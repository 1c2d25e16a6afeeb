// SPDX-License-Identifier: Apache-2.0
#include "codec/small_float.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace trireme {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(SmallFloatTest, EveryValueSurvivesWideningAndNarrowing) {
  for (uint32_t bits = 0; bits <= 0xFFFF; ++bits) {
    const auto small = static_cast<uint16_t>(bits);
    if (!std::isnan(WidenFp16(small))) {
      EXPECT_EQ(NarrowToFp16(WidenFp16(small)), small);
    }
    if (!std::isnan(WidenBf16(small))) {
      EXPECT_EQ(NarrowToBf16(WidenBf16(small)), small);
    }
  }
}

TEST(SmallFloatTest, WidensKnownValues) {
  EXPECT_EQ(WidenFp16(0x3C00), 1.0F);
  EXPECT_EQ(WidenFp16(0xC000), -2.0F);
  EXPECT_EQ(WidenFp16(0x7BFF), 65504.0F);
  EXPECT_EQ(WidenFp16(0x0001), 0x1p-24F);
  EXPECT_EQ(WidenFp16(0x7C00), static_cast<float>(kInfinity));
  EXPECT_TRUE(std::isnan(WidenFp16(0x7E00)));
  EXPECT_TRUE(std::signbit(WidenFp16(0x8000)));
  EXPECT_EQ(WidenBf16(0x3F80), 1.0F);
  EXPECT_EQ(WidenBf16(0x7F7F), static_cast<float>(kMaxBf16));
}

// Between each two neighbours: the middle goes to the even one, the rest to the nearer.
TEST(SmallFloatTest, RoundsToTheNearestAndTiesToEven) {
  for (uint16_t bits = 0; bits < 0x7BFF; ++bits) {
    const uint16_t next = bits + 1;
    const double middle = (double{WidenFp16(bits)} + double{WidenFp16(next)}) / 2;
    EXPECT_EQ(NarrowToFp16(middle), bits % 2 == 0 ? bits : next);
    EXPECT_EQ(NarrowToFp16(std::nextafter(middle, 0.0)), bits);
    EXPECT_EQ(NarrowToFp16(std::nextafter(middle, kInfinity)), next);
    EXPECT_EQ(NarrowToFp16(-middle), 0x8000 | (bits % 2 == 0 ? bits : next));
  }
}

TEST(SmallFloatTest, BecomesInfiniteOnlyBeyondTheLargest) {
  EXPECT_EQ(NarrowToFp16(kMaxFp16), 0x7BFF);
  EXPECT_EQ(NarrowToFp16(65519.999), 0x7BFF);
  EXPECT_EQ(NarrowToFp16(65520.0), 0x7C00);
  EXPECT_EQ(NarrowToFp16(-1e300), 0xFC00);
  EXPECT_EQ(NarrowToBf16(kMaxBf16), 0x7F7F);
  EXPECT_EQ(NarrowToBf16(3.4e38), 0x7F80);
  EXPECT_EQ(NarrowToBf16(kInfinity), 0x7F80);
  EXPECT_TRUE(std::isnan(WidenFp16(NarrowToFp16(std::nan("")))));
  EXPECT_TRUE(std::isnan(WidenBf16(NarrowToBf16(std::nan("")))));
}

TEST(SmallFloatTest, TinyValuesKeepTheirSign) {
  EXPECT_EQ(NarrowToFp16(1e-300), 0);
  EXPECT_EQ(NarrowToFp16(-1e-300), 0x8000);
  EXPECT_EQ(NarrowToFp16(0x1p-25), 0);
  EXPECT_EQ(NarrowToFp16(0x1.1p-25), 1);
}

}  // namespace
}  // namespace trireme
