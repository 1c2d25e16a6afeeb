// SPDX-License-Identifier: Apache-2.0
#include "app/text_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trireme {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(AlignedTest, MakesColumnsAsWideAsTheirWidestCell) {
  EXPECT_THAT(Aligned({{"NAME", "STATE"}, {"resnet50", "ready"}, {"a", ""}}),
              ElementsAre("NAME      STATE", "resnet50  ready", "a"));
  EXPECT_THAT(Aligned({}), IsEmpty());
}

TEST(AlignedTest, CountsLettersAndNotBytes) {
  EXPECT_THAT(Aligned({{"\xc3\xa4\xc3\xb6", "x"}, {"abc", "y"}}), ElementsAre("\xc3\xa4\xc3\xb6   x", "abc  y"));
}

TEST(CutToFitTest, CutsWhatIsTooLong) {
  EXPECT_EQ(CutToFit("resnet50", 8), "resnet50");
  EXPECT_EQ(CutToFit("resnet50", 7), "resn...");
  EXPECT_EQ(CutToFit("resnet50", 3), "...");
  EXPECT_EQ(CutToFit("resnet50", 2), "..");
  EXPECT_EQ(CutToFit("\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f!", 4), "\xc3\xa4...");
}

TEST(CutToFitTest, CutsNothingWhereNobodyKnowsTheWidth) {
  EXPECT_EQ(CutToFit("resnet50", 0), "resnet50");
}

}  // namespace
}  // namespace trireme
