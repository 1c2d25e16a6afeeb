// SPDX-License-Identifier: Apache-2.0
#include "wire/sagemaker/fit_shape.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trireme::sagemaker {
namespace {

TEST(FitShape, MakesABatchOfOneOfARecordThatComesAlone) {
  EXPECT_EQ(FitShape({-1, 4}, {4}), Shape({1, 4}));
  EXPECT_EQ(FitShape({-1, 4}, {2, 4}), Shape({2, 4}));
  EXPECT_EQ(FitShape({-1}, {3}), Shape({3}));
  EXPECT_EQ(FitShape({-1, 2, 2}, {2, 2}), Shape({1, 2, 2}));
}

TEST(FitShape, LeavesWhatDoesNotFit) {
  EXPECT_EQ(FitShape({-1, 4}, {5}), Shape({5}));
  EXPECT_EQ(FitShape({-1, 4}, {}), Shape());
  EXPECT_EQ(FitShape({4}, {2, 4}), Shape({2, 4}));
}

struct Lines {
  Shape wanted;
  int64_t lines;
  int64_t fields;
  Shape shape;
};

TEST(ShapeOfLines, TakesALineForARow) {
  for (const Lines& c :
       {Lines{{-1, 4}, 3, 4, {3, 4}}, Lines{{-1, -1}, 3, 5, {3, 5}}, Lines{{-1, 2, 3}, 2, 6, {2, 2, 3}},
        Lines{{-1, -1, 3}, 2, 6, {2, 2, 3}}, Lines{{-1}, 3, 1, {3}}, Lines{{-1}, 1, 3, {3}}, Lines{{16}, 1, 16, {16}},
        Lines{{}, 1, 1, {}}}) {
    const Result<Shape> shape = ShapeOfLines(c.wanted, c.lines, c.fields);
    ASSERT_TRUE(shape.ok()) << c.wanted << " " << shape.status();
    EXPECT_EQ(*shape, c.shape);
  }
}

TEST(ShapeOfLines, RefusesWhatDoesNotFit) {
  for (const Lines& c : {Lines{{-1, 4}, 3, 5, {}}, Lines{{-1, -1, -1}, 2, 6, {}}, Lines{{-1, -1, 4}, 2, 6, {}},
                         Lines{{-1}, 2, 2, {}}, Lines{{}, 2, 1, {}}, Lines{{2, 4}, 3, 4, {}},
                         Lines{{-1, int64_t{1} << 40, int64_t{1} << 40}, 1, 1, {}}, Lines{{-1, 0}, 1, 1, {}}}) {
    EXPECT_EQ(ShapeOfLines(c.wanted, c.lines, c.fields).status().code(), StatusCode::kInvalidArgument) << c.wanted;
  }
  EXPECT_THAT(ShapeOfLines({-1, 4}, 1, 5).status().message(),
              testing::HasSubstr("expected lines for shape [-1,4], found 1 line of 5 fields"));
}

}  // namespace
}  // namespace trireme::sagemaker
