// SPDX-License-Identifier: Apache-2.0
#include "base/trimmed.h"

#include <gtest/gtest.h>

namespace trireme {
namespace {

TEST(Trimmed, TakesLettersOffTheEndsAlone) {
  EXPECT_EQ(Trimmed("\t a b \n", kBlanks), "a b \n");
  EXPECT_EQ(Trimmed("\r\n a b \n", kBlanksAndBreaks), "a b");
  EXPECT_EQ(Trimmed("a", kBlanks), "a");
  EXPECT_EQ(Trimmed(" \t ", kBlanks), "");
  EXPECT_EQ(Trimmed("", kBlanks), "");
}

}  // namespace
}  // namespace trireme
