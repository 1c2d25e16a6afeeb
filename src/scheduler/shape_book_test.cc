// SPDX-License-Identifier: Apache-2.0
#include "scheduler/shape_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trireme {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

void Note(ShapeBook& book, const InputShapes& shapes, int times = 1) {
  std::vector<Tensor> inputs;
  for (const Shape& shape : shapes) inputs.push_back({.type = DataType::kFp32, .shape = shape, .data = {}});
  for (int i = 0; i < times; ++i) book.Note(inputs);
}

TEST(ShapeBook, HasTheMostFrequentFirst) {
  ShapeBook book;
  EXPECT_THAT(book.InUse(), IsEmpty());
  Note(book, {{1, 4}});
  Note(book, {{8, 4}}, 3);
  Note(book, {{2, 4}}, 2);
  EXPECT_THAT(book.InUse(), ElementsAre(InputShapes{{8, 4}}, InputShapes{{2, 4}}, InputShapes{{1, 4}}));
}

TEST(ShapeBook, TellsInputsAndRanksApart) {
  ShapeBook book;
  Note(book, {{2, 3}, {4}}, 6);
  Note(book, {{2}, {3, 4}}, 5);
  Note(book, {{2, 3, 4}, {}}, 4);
  Note(book, {{3, 2}, {4}}, 3);
  Note(book, {}, 2);
  EXPECT_THAT(book.InUse(), ElementsAre(InputShapes{{2, 3}, {4}}, InputShapes{{2}, {3, 4}}, InputShapes{{2, 3, 4}, {}},
                                        InputShapes{{3, 2}, {4}}, InputShapes{}));
}

TEST(ShapeBook, LeavesOutWhatIsRare) {
  ShapeBook book;
  Note(book, {{1}}, 100);
  Note(book, {{2}}, 1);
  EXPECT_THAT(book.InUse(), ElementsAre(InputShapes{{1}}));
  Note(book, {{2}}, 1);
  EXPECT_EQ(book.InUse().size(), 2U);
}

TEST(ShapeBook, IsBoundedWhateverShapesCome) {
  ShapeBook book;
  for (int round = 0; round < 10; ++round) {
    Note(book, {{7, 7}}, 100);
    for (int64_t size = 1; size <= 100; ++size) Note(book, {{size}});
  }
  ASSERT_FALSE(book.InUse().empty());
  EXPECT_LE(book.InUse().size(), ShapeBook::kPlaces);
  EXPECT_EQ(book.InUse().front(), (InputShapes{{7, 7}}));
}

TEST(ShapeBook, SaysNothingIsInUseIfEveryRunHasAnotherShape) {
  ShapeBook book;
  for (int64_t size = 1; size <= 4000; ++size) Note(book, {{size}});
  EXPECT_THAT(book.InUse(), IsEmpty());
}

TEST(ShapeBook, ForgetsWhatIsNotUsedAnyMore) {
  ShapeBook book;
  for (int64_t size = 1; size <= static_cast<int64_t>(ShapeBook::kPlaces); ++size) Note(book, {{size}}, 1000);
  Note(book, {{99}}, 100'000);
  EXPECT_THAT(book.InUse(), ElementsAre(InputShapes{{99}}));
}

}  // namespace
}  // namespace trireme
