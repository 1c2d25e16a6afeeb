// SPDX-License-Identifier: Apache-2.0
#include "base/excerpt.h"

#include <gtest/gtest.h>

namespace trireme {
namespace {

TEST(ExcerptTest, KeepsWhatIsShort) {
  EXPECT_EQ(Excerpt(""), "''");
  EXPECT_EQ(Excerpt("abcd", 4), "'abcd'");
}

TEST(ExcerptTest, CutsWhatIsLongAndSaysHowLongItIs) {
  EXPECT_EQ(Excerpt("abcde", 4), "'abcd...' (5 bytes)");
  EXPECT_EQ(Excerpt("abc\xc3\xa4", 4), "'abc...' (5 bytes)") << "between two characters";
  EXPECT_EQ(Excerpt(std::string(10240, 'x')), "'" + std::string(256, 'x') + "...' (10240 bytes)");
}

}  // namespace
}  // namespace trireme
