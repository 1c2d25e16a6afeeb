// SPDX-License-Identifier: Apache-2.0
#include "onnxfile/integer_weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace trireme::onnxfile {
namespace {

using testing::Each;
using testing::ElementsAre;

std::vector<int> Integers(const std::string& elements) {
  std::vector<int> integers;
  for (const char element : elements) integers.push_back(static_cast<signed char>(element));
  return integers;
}

std::optional<IntegerWeights> Round(const std::vector<float>& elements, int64_t rows, int64_t columns,
                                    bool channels_are_rows = false, int largest = 127) {
  return RoundWeights({.elements = elements, .rows = rows, .columns = columns, .channels_are_rows = channels_are_rows},
                      largest);
}

TEST(RoundWeights, GivesEachColumnItsScale) {
  const auto rounded = Round({1, -100, -0.5F, 50, 0.25F, 0}, 3, 2);
  ASSERT_TRUE(rounded);
  EXPECT_THAT(Integers(rounded->elements), ElementsAre(127, -127, -64, 64, 32, 0));
  EXPECT_THAT(rounded->scales, ElementsAre(1.F / 127, 100.F / 127));
}

TEST(RoundWeights, GivesEachRowItsScale) {
  const auto rounded = Round({1, -0.5F, 0.25F, -100, 50, 0}, 2, 3, true);
  ASSERT_TRUE(rounded);
  EXPECT_THAT(Integers(rounded->elements), ElementsAre(127, -64, 32, -127, 64, 0));
  EXPECT_THAT(rounded->scales, ElementsAre(1.F / 127, 100.F / 127));
}

TEST(RoundWeights, GivesEachMatrixItsScales) {
  const std::vector<float> elements = {1, 2, 3, 4};
  const auto rounded = RoundWeights({.elements = elements, .count = 2, .rows = 1, .columns = 2}, 127);
  ASSERT_TRUE(rounded);
  EXPECT_THAT(rounded->scales, ElementsAre(1.F / 127, 2.F / 127, 3.F / 127, 4.F / 127));
  EXPECT_THAT(Integers(rounded->elements), Each(127));
}

TEST(RoundWeights, KeepsToTheRange) {
  std::vector<float> elements;
  for (int i = -1000; i <= 1000; ++i) elements.push_back(static_cast<float>(i) * 0.37F);
  for (const int largest : {64, 127}) {
    const auto rounded = Round(elements, static_cast<int64_t>(elements.size()), 1, false, largest);
    ASSERT_TRUE(rounded);
    const std::vector<int> integers = Integers(rounded->elements);
    EXPECT_EQ(integers.front(), -largest);
    EXPECT_EQ(integers.back(), largest);
    for (size_t i = 0; i < elements.size(); ++i) {
      const float back = static_cast<float>(integers[i]) * rounded->scales[0];
      EXPECT_LE(std::fabs(back - elements[i]), rounded->scales[0] * 0.501F) << elements[i];
    }
  }
}

TEST(RoundWeights, MakesNothingOfAChannelOfZeros) {
  const auto rounded = Round({0, 1e-44F, 1, 0, -1e-44F, -1}, 2, 3);
  ASSERT_TRUE(rounded);
  EXPECT_THAT(Integers(rounded->elements), ElementsAre(0, 0, 127, 0, 0, -127));
  for (const float scale : rounded->scales) EXPECT_TRUE(std::isnormal(scale));
}

TEST(RoundWeights, RefusesWhatIsNotFinite) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (const float odd : {kInfinity, -kInfinity, std::numeric_limits<float>::quiet_NaN()}) {
    EXPECT_FALSE(Round({1, odd, 2, 3}, 2, 2));
  }
  EXPECT_TRUE(Round({std::numeric_limits<float>::max(), 1, -std::numeric_limits<float>::max(), 3}, 2, 2));
}

TEST(Transposed, SwapsTheRowsAndColumnsOfEachMatrix) {
  EXPECT_EQ(Transposed("abcdef", 1, 2, 3), "adbecf");
  EXPECT_EQ(Transposed("abcdef", 1, 3, 2), "acebdf");
  EXPECT_EQ(Transposed("abcdwxyz", 2, 2, 2), "acbdwyxz");
  EXPECT_EQ(Transposed("", 1, 0, 5), "");
}

}  // namespace
}  // namespace trireme::onnxfile
