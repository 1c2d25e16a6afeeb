// SPDX-License-Identifier: Apache-2.0
#include "model/reshape.h"

#include <gtest/gtest.h>

#include <limits>

namespace trireme {
namespace {

constexpr int64_t kAny = Shape::kAny;

TEST(Reshaped, KeepsRowsAndChangesTheRest) {
  EXPECT_EQ(Reshaped({kAny, 3, 4}, {kAny, 12}, {8, 3, 4}), (Shape{8, 12}));
  EXPECT_EQ(Reshaped({kAny, 12}, {kAny, 3, 4}, {8, 12}), (Shape{8, 3, 4}));
  EXPECT_EQ(Reshaped({kAny, 1}, {kAny}, {8, 1}), (Shape{8}));
}

TEST(Reshaped, FillsFreeDimensionsInOrder) {
  EXPECT_EQ(Reshaped({kAny, 1, kAny, 4, kAny}, {4, kAny, kAny, 1, kAny}, {2, 1, 3, 4, 5}), (Shape{4, 2, 3, 1, 5}));
}

TEST(Reshaped, TakesShapesWithoutFreeDimensions) {
  EXPECT_EQ(Reshaped({2, 3}, {6}, {2, 3}), (Shape{6}));
  EXPECT_EQ(Reshaped({1}, {}, {1}), (Shape{}));
  EXPECT_EQ(Reshaped({}, {1, 1}, {}), (Shape{1, 1}));
}

TEST(Reshaped, TakesShapesWithoutElements) {
  EXPECT_EQ(Reshaped({kAny, 3, 4}, {kAny, 12}, {0, 3, 4}), (Shape{0, 12}));
}

TEST(Reshaped, IsNothingForAShapeThatDoesNotFit) {
  EXPECT_EQ(Reshaped({kAny, 3, 4}, {kAny, 12}, {8, 3, 5}), std::nullopt);
  EXPECT_EQ(Reshaped({kAny, 3, 4}, {kAny, 12}, {8, 12}), std::nullopt);
  EXPECT_EQ(Reshaped({kAny}, {kAny}, {-2}), std::nullopt);
}

TEST(Reshaped, IsNothingWhereTheSidesDoNotHoldTheSame) {
  EXPECT_EQ(Reshaped({kAny, 4}, {kAny, 5}, {2, 4}), std::nullopt);
  EXPECT_EQ(Reshaped({kAny, 4}, {kAny, kAny}, {2, 4}), std::nullopt);
  EXPECT_EQ(Reshaped({kAny, kAny}, {kAny, 4}, {2, 4}), std::nullopt);
}

TEST(Reshaped, IsNothingWhereTheElementsCannotBeCounted) {
  constexpr int64_t kHuge = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(Reshaped({kAny, kAny}, {kAny, kAny}, {kHuge, kHuge}), std::nullopt);
}

}  // namespace
}  // namespace trireme
