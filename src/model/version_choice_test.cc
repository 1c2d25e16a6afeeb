// SPDX-License-Identifier: Apache-2.0
#include "model/version_choice.h"

#include <gtest/gtest.h>

#include <string>

namespace trireme {
namespace {

TEST(VersionLabel, BeginsWithALetter) {
  EXPECT_TRUE(IsVersionLabel("stable"));
  EXPECT_TRUE(IsVersionLabel("Canary-2.1_x"));
  for (const char* text : {"", "1", "2nd", "-a", ".a", "_a"}) EXPECT_FALSE(IsVersionLabel(text)) << text;
}

TEST(VersionLabel, HasNothingThatAPathOrATextWouldHaveToEscape) {
  for (const char* text : {"a b", "a/b", "a%20", "a\n", "\xC3\xA4", "a:b", "a'b"})
    EXPECT_FALSE(IsVersionLabel(text)) << text;
}

TEST(VersionLabel, IsNotLong) {
  EXPECT_TRUE(IsVersionLabel(std::string(64, 'a')));
  EXPECT_FALSE(IsVersionLabel(std::string(65, 'a')));
}

TEST(VersionChoice, MeansTheNewestUnlessItSaysOtherwise) {
  EXPECT_TRUE(VersionChoice().any());
  EXPECT_TRUE(VersionChoice(std::nullopt).any());
  EXPECT_FALSE(VersionChoice(3).any());
  EXPECT_FALSE(VersionChoice::OfLabel("stable").any());
}

}  // namespace
}  // namespace trireme
