// SPDX-License-Identifier: Apache-2.0
#include "base/letter_case.h"

#include <gtest/gtest.h>

namespace trireme {
namespace {

TEST(LetterCase, IsThatOfAsciiAlone) {
  EXPECT_EQ(LowerCase("aZ@[`{\xC3\x84"), "az@[`{\xC3\x84");
  EXPECT_TRUE(SameIgnoringCase("True", "tRUE"));
  EXPECT_FALSE(SameIgnoringCase("true", "truer"));
  EXPECT_FALSE(SameIgnoringCase("[", "{"));
}

}  // namespace
}  // namespace trireme
