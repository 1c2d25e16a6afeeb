// SPDX-License-Identifier: Apache-2.0
#include "tensor/shape.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <sstream>
#include <vector>

namespace trireme {
namespace {

constexpr int64_t kHuge = int64_t{1} << 40;
constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

Shape Full() {
  Shape shape;
  for (size_t i = 0; i < Shape::kMaxRank; ++i) EXPECT_TRUE(shape.Append(1));
  return shape;
}

TEST(ShapeTest, CountsItsElements) {
  EXPECT_EQ(Shape().ElementCount(), 1);  // a scalar
  EXPECT_EQ(Shape({7}).ElementCount(), 7);
  EXPECT_EQ(Shape({2, 3, 4}).ElementCount(), 24);
  EXPECT_EQ(Shape({kMost}).ElementCount(), kMost);
  EXPECT_EQ(Shape({1, kMost, 1}).ElementCount(), kMost);
}

TEST(ShapeTest, ACountThatDoesNotFitIsNone) {
  EXPECT_EQ(Shape({kHuge, kHuge}).ElementCount(), std::nullopt);
  EXPECT_EQ(Shape({int64_t{1} << 32, int64_t{1} << 31}).ElementCount(), std::nullopt);  // 2^63
  EXPECT_EQ(Shape({int64_t{1} << 32, int64_t{1} << 32}).ElementCount(), std::nullopt);  // 2^64: 0 if it wrapped
  EXPECT_EQ(Shape({kMost, 2}).ElementCount(), std::nullopt);
}

TEST(ShapeTest, AZeroMakesItEmptyWhereverItStands) {
  EXPECT_EQ(Shape({0}).ElementCount(), 0);
  EXPECT_EQ(Shape({0, kHuge, kHuge}).ElementCount(), 0);
  EXPECT_EQ(Shape({kHuge, kHuge, 0}).ElementCount(), 0);
}

TEST(ShapeTest, ANegativeDimensionHasNoCount) {
  EXPECT_EQ(Shape({Shape::kAny, 3}).ElementCount(), std::nullopt);
  EXPECT_EQ(Shape({0, -5}).ElementCount(), std::nullopt);
  EXPECT_EQ(Shape({-2, -2}).ElementCount(), std::nullopt);
  EXPECT_EQ(Shape({std::numeric_limits<int64_t>::min()}).ElementCount(), std::nullopt);
}

TEST(ShapeTest, RefusesToGrowBeyondItsRank) {
  Shape shape = Full();
  EXPECT_FALSE(shape.Append(5));
  EXPECT_EQ(shape, Full());
  EXPECT_EQ(shape.rank(), Shape::kMaxRank);
}

TEST(ShapeTest, InnerAndWithRowsUndoEachOther) {
  const Shape shape = {4, 3, 2};
  EXPECT_EQ(shape.Inner(), Shape({3, 2}));
  EXPECT_EQ(shape.Inner().WithRows(4), shape);
  EXPECT_EQ(Shape({9}).Inner(), Shape());
  EXPECT_EQ(Shape().WithRows(9), Shape({9}));
}

TEST(ShapeTest, ComparesRankAndDimensions) {
  EXPECT_EQ(Shape({1, 2}), Shape({1, 2}));
  EXPECT_FALSE(Shape({1, 2}) == Shape({1, 2, 1}));
  EXPECT_FALSE(Shape({1, 2}) == Shape({2, 1}));
  EXPECT_FALSE(Shape() == Shape({0}));
}

TEST(ShapeTest, ASignatureAcceptsAnySizeWhereItSaysSo) {
  const Shape signature = {Shape::kAny, 3, Shape::kAny};
  EXPECT_TRUE(signature.Accepts({5, 3, 224}));
  EXPECT_TRUE(signature.Accepts({0, 3, 1}));
  EXPECT_FALSE(signature.Accepts({5, 4, 224}));
  EXPECT_FALSE(signature.Accepts({5, 3}));
  EXPECT_FALSE(signature.Accepts({5, 3, 224, 1}));
  EXPECT_TRUE(Shape().Accepts({}));
  EXPECT_FALSE(Shape().Accepts({1}));
}

TEST(ShapeTest, PrintsAsJsonDoes) {
  std::ostringstream out;
  out << Shape({1, -1, 224}) << Shape();
  EXPECT_EQ(out.str(), "[1,-1,224][]");
}

TEST(ShapeDeathTest, MisuseIsABug) {
  const std::vector<int64_t> too_many(Shape::kMaxRank + 1, 1);
  EXPECT_DEATH((Shape(too_many)), "cannot happen");
  EXPECT_DEATH(Shape().Inner(), "cannot happen");
  EXPECT_DEATH(Full().WithRows(1), "cannot happen");
}

}  // namespace
}  // namespace trireme
